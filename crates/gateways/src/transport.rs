//! The transport to a PSP, which the fault simulator replaces.

use std::time::Duration;

use futures::future::BoxFuture;
use secrecy::SecretString;
use tillgate_outgoing::{OwnHost, Refused};
use url::Url;

use crate::wire::{PspRequest, PspResponse};

/// The reason why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request did not reach the PSP: no address, connection refused, no TLS session, or it can't be written.
    #[error("the request was not sent: {0}")]
    NotSent(String),
    /// The request may have had an effect: timeout, connection lost, answer truncated or too large.
    #[error("the outcome of the request is unknown: {0}")]
    Unknown(String),
}

/// Sends one request once.
pub trait Transport: Send + Sync {
    /// Sends the request with the credentials as a bearer token (which both PSPs accept) and reads the whole answer within the
    /// deadline. An answer of any status is `Ok`.
    fn send<'a>(
        &'a self,
        request: &'a PspRequest,
        credentials: &'a SecretString,
        deadline: Duration,
    ) -> BoxFuture<'a, Result<PspResponse, TransportError>>;

    /// Whether a vendor's gateway may have a URL. Each request is judged again when it is sent: the name may resolve to another
    /// address then.
    fn judge<'a>(&'a self, is_own_host: OwnHost, base_url: &'a Url) -> BoxFuture<'a, Result<(), Refused>>;
}
