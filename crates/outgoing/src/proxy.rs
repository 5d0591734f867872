//! The operator's proxy for calls to the public internet.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Address of an HTTP proxy, perhaps with credentials.
#[derive(Clone)]
pub struct OutboundProxy(SecretString);

impl OutboundProxy {
    /// Reads an `http` or `https` URL.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        (matches!(url.scheme(), "http" | "https") && url.host().is_some() && is_origin)
            .then(|| Self(url.as_str().to_owned().into()))
    }

    pub(crate) fn for_everything(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        reqwest::Proxy::all(self.0.expose_secret())
    }
}

impl fmt::Debug for OutboundProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutboundProxy(…)")
    }
}
