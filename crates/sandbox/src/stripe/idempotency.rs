//! Repetitions under an `Idempotency-Key` (Stripe docs: idempotent requests).

use std::io;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Request, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::auth::Caller;
use super::error::ApiError;
use crate::env::Env;
use crate::table::Table;

/// Lifetime of keys.
const KEPT: TimeDelta = TimeDelta::hours(24);
const MAX_KEY: usize = 255;

/// The first answer under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    at: DateTime<Utc>,
    endpoint: String,
    /// Digest of the parameters: they may hold a card number, which must not get into the journal.
    digest: String,
    status: u16,
    body: String,
}

/// A request with a key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) key: String,
    row: String,
    endpoint: String,
    digest: String,
}

impl Keyed {
    /// `None` without a key, which only counts for POST.
    pub(super) fn read(request: &Request<Bytes>, caller: Caller) -> Result<Option<Self>, ApiError> {
        let Some(key) = header(request.headers()) else {
            return Ok(None);
        };
        if request.method() != http::Method::POST {
            return Ok(None);
        }
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(ApiError::invalid(format!(
                "Idempotency keys have 1 to {MAX_KEY} characters."
            )));
        }
        let mut pairs: Vec<&[u8]> = request.body().split(|byte| *byte == b'&').collect();
        pairs.sort_unstable();
        let mut hash = Sha256::new();
        for pair in pairs {
            hash.update(pair);
            hash.update(b"&");
        }
        Ok(Some(Self {
            key: key.to_owned(),
            row: format!("{}:{key}", if caller.livemode { "live" } else { "test" }),
            endpoint: request.uri().path().to_owned(),
            digest: hex::encode(hash.finalize()),
        }))
    }
}

/// The key of a request, if it is text.
pub(super) fn header(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key")?.to_str().ok()
}

pub(super) struct Idempotency(Table<Stored>);

impl Idempotency {
    pub(super) fn load(env: &mut Env) -> io::Result<Self> {
        Table::load(env, "stripe.idempotency").map(Self)
    }

    /// The first answer under the key, if there is one.
    pub(super) fn replay(
        &mut self,
        env: &mut Env,
        keyed: &Keyed,
    ) -> Result<Option<(StatusCode, Bytes)>, ApiError> {
        self.forget_expired(env);
        let Some(stored) = self.0.get(&keyed.row) else {
            return Ok(None);
        };
        let key = &keyed.key;
        if stored.endpoint != keyed.endpoint {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for \
                 ('{}' vs '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
                keyed.endpoint, stored.endpoint
            )));
        }
        if stored.digest != keyed.digest {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            )));
        }
        let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Ok(Some((status, Bytes::from(stored.body.clone()))))
    }

    pub(super) fn store(&mut self, env: &mut Env, keyed: Keyed, status: StatusCode, body: &Bytes) {
        let stored = Stored {
            at: env.now(),
            endpoint: keyed.endpoint,
            digest: keyed.digest,
            status: status.as_u16(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        self.0.put(env, &keyed.row, stored);
    }

    /// Forgets expired rows. Rows are in order of time, so these come first.
    fn forget_expired(&mut self, env: &mut Env) {
        let now = env.now();
        loop {
            let oldest = self
                .0
                .iter()
                .next()
                .filter(|(_, row)| row.at + KEPT <= now)
                .map(|(id, _)| id.to_owned());
            let Some(id) = oldest else { return };
            self.0.remove(env, &id);
        }
    }
}
