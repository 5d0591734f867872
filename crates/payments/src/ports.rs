//! The ports of the domain: the time, randomness, and the sender to the merchants' systems.

use chrono::{DateTime, Utc};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use tillgate_outgoing::Refused;
use url::Url;

/// The source of the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The source of random bytes, fit for secrets.
pub trait Entropy: Send + Sync {
    fn fill(&self, buffer: &mut [u8]);
}

/// A `POST` to a webhook.
#[derive(Clone, Debug)]
pub struct Message {
    /// The webhook's URL.
    pub url: String,
    /// All headers but those that HTTP itself adds.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    /// Time limit for everything, from looking up the name to the end of the answer.
    pub timeout: Duration,
}

/// A webhook's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// HTTP status. Redirects are not followed.
    pub status: u16,
    /// `Retry-After`, as it arrived.
    pub retry_after: Option<String>,
}

/// The call got no answer, or was not allowed, with a reason that the merchant may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoReply(pub String);

/// Sends to URLs that merchants have given. Not every address may be called.
pub trait Sender: Send + Sync {
    /// Sends once, without redirects and retries. It never connects to an address that may not be called, whatever name leads to
    /// it.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Reply, NoReply>>;

    /// Judges the URL of a webhook as far as possible without looking up its name, which each call does.
    ///
    /// # Errors
    /// It may not be called.
    fn judge(&self, url: &Url) -> Result<(), Refused>;
}
