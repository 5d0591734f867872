//! The context of a request, besides its parameters.

use chrono::{DateTime, Utc};

use super::auth::Caller;
use crate::env::Env;

const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// One request on its way through an endpoint.
pub(super) struct Call<'a> {
    pub(super) env: &'a mut Env,
    pub(super) caller: Caller,
    pub(super) idempotency_key: Option<String>,
    /// The `req_…` of the answer; absent if the clock, not a caller, is the cause.
    pub(super) request_id: Option<String>,
    pub(super) now: DateTime<Utc>,
}

impl Call<'_> {
    /// A new object id: `prefix` and 24 alphanumerics.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        random(self.env, prefix, 24)
    }

    /// `len` random alphanumerics.
    pub(super) fn secret(&mut self, len: usize) -> String {
        random(self.env, "", len)
    }
}

pub(super) fn random(env: &mut Env, prefix: &str, len: usize) -> String {
    env.random_id(prefix, len, ALPHANUMERIC)
}
