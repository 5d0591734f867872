//! Stripe's side of the wire: payment intents, payment methods, tokens, customers, charges, refunds, events and webhook
//! endpoints.
//!
//! Every well-formed API key belongs to an account, and all keys of a mode to the same account. Test cards behave the same in
//! both modes, so that a deployment can be rehearsed with live keys.

mod auth;
mod call;
mod cards;
mod charges;
mod currency;
mod customers;
mod declines;
mod details;
mod error;
mod events;
mod expand;
mod form;
mod idempotency;
mod list;
mod model;
mod page;
mod params;
mod payment_intents;
mod payment_methods;
mod refunds;
mod render;
mod route;
mod store;
mod test_cards;
mod tokens;
mod transport;
mod webhook_endpoints;

use std::io;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};

use self::auth::Caller;
use self::call::Call;
use self::idempotency::Idempotency;
use self::store::{Due, Store};
use crate::env::Env;
use crate::ledger::{LedgerEntry, TestInstrument};
use crate::webhooks::Target;

/// Stripe, with all its objects.
pub struct Stripe {
    store: Store,
    idempotency: Idempotency,
}

impl Stripe {
    /// Restores the objects that the journal holds.
    ///
    /// # Errors
    /// When the journal holds a row that doesn't have the shape of its table.
    pub fn load(env: &mut Env) -> io::Result<Self> {
        Ok(Self {
            store: Store::load(env)?,
            idempotency: Idempotency::load(env)?,
        })
    }

    /// Answers a request below `/v1/`.
    pub fn handle(&mut self, env: &mut Env, request: &Request<Bytes>) -> Response<Bytes> {
        transport::answer(&mut self.store, &mut self.idempotency, env, request)
    }

    /// Answers a request below `/sandbox/stripe/`.
    pub fn page(&mut self, env: &mut Env, request: &Request<Bytes>) -> Response<Bytes> {
        page::answer(&mut self.store, env, request)
    }

    /// Test cards under their aliases.
    #[must_use]
    pub fn instruments() -> Vec<TestInstrument> {
        cards::instruments()
    }

    /// Money effects, oldest first.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.store.ledger.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// The time of the next change without a request.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.store.schedule.first().map(|(at, _)| *at)
    }

    /// The target of an endpoint, if it exists and is enabled.
    pub(crate) fn webhook_target(&self, endpoint: &str) -> Option<Target> {
        self.store.webhook_endpoints.get(endpoint)?.target()
    }

    /// An endpoint has acknowledged an event.
    pub(crate) fn acknowledged(&mut self, env: &mut Env, event: &str) {
        events::acknowledged(&mut self.store, env, event);
    }

    /// Makes all changes that became due since the last call, with the times when they were due.
    pub fn catch_up(&mut self, env: &mut Env) {
        let now = env.now();
        while self.store.schedule.first().is_some_and(|(at, _)| *at <= now)
            && let Some((at, due)) = self.store.schedule.pop_first()
        {
            let caller = Caller {
                livemode: false,
                publishable: false,
            };
            let mut call = Call {
                env: &mut *env,
                caller,
                idempotency_key: None,
                request_id: None,
                now: at,
            };
            match due {
                Due::AuthorizationLapses(id) => {
                    payment_intents::cancel::lapse(&mut self.store, &mut call, &id)
                }
                Due::RefundChanges(id) => refunds::change(&mut self.store, &mut call, &id),
            }
        }
    }
}
