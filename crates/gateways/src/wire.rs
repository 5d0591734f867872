//! Requests to a PSP and its answers.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The methods of the PSPs' endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; can always be repeated.
    Get,
    /// Changes something; may be repeated only with an idempotency key.
    Post,
    /// Removes something; a repetition has no further effect.
    Delete,
}

/// A request to a PSP: exactly the bytes to send, without the credentials, which the transport adds.
///
/// It is stored before it is sent, and repeated unchanged. The body may hold tokens and a buyer's e-mail address: store it
/// encrypted. Debug output leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PspRequest {
    pub method: Method,
    /// The absolute URL, with its query.
    pub url: String,
    /// Content type, API version, idempotency key and others; never credentials.
    pub headers: Vec<(String, String)>,
    /// The body; empty except for a POST.
    pub body: String,
    /// The PSP's key for this request, which is also among the headers. A POST without one is never sent twice.
    pub idempotency_key: Option<String>,
}

impl PspRequest {
    /// Whether sending it twice has no more effect than sending it once.
    pub fn is_repeatable(&self) -> bool {
        self.method != Method::Post || self.idempotency_key.is_some()
    }

    /// The request with another key. Only a planted bug sends this.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        if let Some(old) = self.idempotency_key.replace(key.to_owned()) {
            let same = self.headers.iter_mut().filter(|(_, value)| *value == old);
            same.for_each(|(_, value)| key.clone_into(value));
        }
        self
    }
}

impl fmt::Debug for PspRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PspRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("idempotency_key", &self.idempotency_key)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The answer of a PSP. Debug output leaves the body out: it may hold a client secret.
#[derive(Clone)]
pub struct PspResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers that this crate reads, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body, of bounded size.
    pub body: Bytes,
    /// Whether the request was sent before, and that attempt may have had an effect that this answer does not show: a refusal
    /// ("this token was used") can then result from our own success.
    pub resent: bool,
}

impl PspResponse {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(candidate, _)| candidate == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for PspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PspResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("resent", &self.resent)
            .finish()
    }
}
