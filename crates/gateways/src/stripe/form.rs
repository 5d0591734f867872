//! Bodies and queries in Stripe's form encoding: `metadata[order_id]=…`, `expand[]=…`.

use url::form_urlencoded;

/// A form under construction. Brackets are percent-encoded, which Stripe also reads.
pub(super) struct Form(form_urlencoded::Serializer<'static, String>);

impl Form {
    pub(super) fn new() -> Self {
        Self(form_urlencoded::Serializer::new(String::new()))
    }

    pub(super) fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.0.append_pair(name, value.as_ref());
        self
    }

    /// Leaves the parameter out if there is no value: an empty one would unset it.
    pub(super) fn with_some(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn with_flag(self, name: &str, flag: bool) -> Self {
        if flag { self.with(name, "true") } else { self }
    }

    pub(super) fn encode(mut self) -> String {
        self.0.finish()
    }
}
