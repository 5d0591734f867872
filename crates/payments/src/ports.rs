//! What is given to the domain from outside: the time, randomness, and the way to the merchants' systems.

use chrono::{DateTime, Utc};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use tillgate_outgoing::Refused;
use url::Url;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Gives random bytes, fit for secrets.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A `POST` to a webhook.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where to.
    pub url: String,
    /// All headers but those that HTTP itself needs.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Bytes,
    /// How long everything may take, from looking up the name to the end of the answer.
    pub timeout: Duration,
}

/// What a webhook has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// HTTP status. Redirects are answers like any other.
    pub status: u16,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
}

/// There was no answer, or nobody that may be asked: why, in words that the merchant may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoReply(pub String);

/// Sends to addresses that others have given us, and therefore not to all of them.
pub trait Sender: Send + Sync {
    /// Sends once. Nothing is followed and nothing is repeated; an address that may not be called is not connected to,
    /// whatever name stands for it.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Reply, NoReply>>;

    /// Judges the URL of a webhook as far as that is possible before its name is looked up, which is done for each call.
    ///
    /// # Errors
    /// It may not be called.
    fn judge(&self, url: &Url) -> Result<(), Refused>;
}
