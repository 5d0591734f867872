//! An answer of the service, as tests see it.

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::api::JSON_API;

/// An answer that matches the document.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Method and path of the request.
    pub request: String,
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is something else, or empty.
    pub body: Value,
    /// The body as it arrived.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Panics unless the status is this one.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}: {}",
            self.request,
            String::from_utf8_lossy(&self.bytes)
        );
        self
    }

    /// Panics unless this is an error document with this status and, among its errors, one with this code.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let found = answer.errors().any(|error| error["code"] == code);
        assert!(
            found,
            "{}: no error with code {code} in {:#}",
            answer.request, answer.body
        );
        answer
    }

    /// Panics unless one of the errors points at this member of the request.
    #[track_caller]
    pub fn expect_pointer(self, pointer: &str) -> Self {
        let found = self.errors().any(|error| error["source"]["pointer"] == pointer);
        assert!(
            found,
            "{}: no error points at {pointer} in {:#}",
            self.request, self.body
        );
        self
    }

    /// Panics unless this is a JSON:API document whose `Content-Type` has no parameter, and whose `Vary` names `Accept`.
    #[track_caller]
    pub fn expect_json_api(self) -> Self {
        assert_eq!(self.header("content-type"), JSON_API, "{}", self.request);
        let vary = self.headers.get_all("vary").iter();
        let vary: Vec<_> = vary.filter_map(|value| value.to_str().ok()).collect();
        let named = vary.join(",").to_ascii_lowercase().contains("accept");
        assert!(named, "{}: Vary is {vary:?}", self.request);
        self
    }

    /// The errors of an error document.
    pub fn errors(&self) -> impl Iterator<Item = &Value> {
        self.body["errors"].as_array().into_iter().flatten()
    }

    /// Id of the resource.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.body["data"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no id in {:#}", self.request, self.body))
    }

    /// An attribute of the resource. Panics when it is absent: attributes without a value are null.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> &Value {
        let attributes = &self.body["data"]["attributes"];
        attributes
            .get(name)
            .unwrap_or_else(|| panic!("{}: no attribute {name} in {:#}", self.request, self.body))
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}
