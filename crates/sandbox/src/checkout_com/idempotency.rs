//! Answers that are repeated for the same `Cko-Idempotency-Key` (Checkout.com docs: idempotency).
//!
//! Only 2xx answers are kept, for 24 hours; a decline is one of them. A refused request runs again. The vendor documents no
//! comparison of bodies, so bodies are not compared here. Keys count per mode and path.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CheckoutCom;
use super::answer::Answer;
use super::auth::Mode;
use crate::env::Env;

const KEPT_HOURS: i64 = 24;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeptAnswer {
    status: u16,
    body: Option<Value>,
    expires_at: DateTime<Utc>,
}

/// The request's key, if it has one.
pub(super) fn key_of(request: &Request<Bytes>) -> Option<String> {
    let value = request.headers().get("cko-idempotency-key")?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned()).filter(|key| !key.is_empty())
}

/// The id of the stored answer to a request with a key.
pub(super) fn row_id(mode: Mode, path: &str, key: &str) -> String {
    format!("{}:{path}:{key}", if mode.live { "live" } else { "sbox" })
}

impl CheckoutCom {
    pub(super) fn kept_answer(&self, row_id: &str, now: DateTime<Utc>) -> Option<Answer> {
        let kept = self.answers.get(row_id).filter(|kept| kept.expires_at > now)?;
        Some(Answer {
            status: StatusCode::from_u16(kept.status).ok()?,
            body: kept.body.clone(),
        })
    }

    pub(super) fn keep_answer(&mut self, env: &mut Env, row_id: &str, answer: &Answer, now: DateTime<Utc>) {
        // Oldest first: expired answers are at the front.
        while let Some(oldest) = self.oldest_expired_answer(now) {
            self.answers.remove(env, &oldest);
        }
        if answer.status.is_success() {
            let (status, body) = (answer.status.as_u16(), answer.body.clone());
            let expires_at = now + TimeDelta::hours(KEPT_HOURS);
            self.answers.put(
                env,
                row_id,
                KeptAnswer {
                    status,
                    body,
                    expires_at,
                },
            );
        }
    }

    fn oldest_expired_answer(&self, now: DateTime<Utc>) -> Option<String> {
        let (row_id, kept) = self.answers.iter().next()?;
        (kept.expires_at <= now).then(|| row_id.to_owned())
    }
}
