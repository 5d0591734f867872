//! Stripe's error shape.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// An error answer: `{"error": {…}}` with a status.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    /// Whether a repetition with the same idempotency key gets this answer again. Only failures before the endpoint began to act
    /// are forgotten (Stripe docs: idempotent requests).
    pub(super) stored: bool,
    pub(super) body: Map<String, Value>,
}

impl ApiError {
    fn new(status: StatusCode, stored: bool, kind: &str, message: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("message".to_owned(), Value::String(message.into()));
        body.insert("type".to_owned(), Value::String(kind.to_owned()));
        Self { status, stored, body }
    }

    /// 400 before the endpoint began to act: malformed, missing, unknown or out-of-bounds parameters.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, false, "invalid_request_error", message)
    }

    /// 400 from the endpoint: the state of the objects does not allow the request.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, true, "invalid_request_error", message)
    }

    /// Any other refusal before the endpoint began to act.
    pub(super) fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, false, "invalid_request_error", message)
    }

    /// 404 for an id in the path.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, true, "invalid_request_error", message).with_code("resource_missing")
    }

    /// 402: the card can't be charged, or is no card.
    pub(super) fn card(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, true, "card_error", message).with_code(code)
    }

    /// 400: the idempotency key was used for another request before.
    pub(super) fn idempotency(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, false, "idempotency_error", message)
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}."))
            .with_code("parameter_missing")
            .with_param(param)
    }

    pub(super) fn with_code(mut self, code: &str) -> Self {
        self.body.insert("code".to_owned(), code.into());
        let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        self.body.insert("doc_url".to_owned(), Value::String(page));
        self
    }

    pub(super) fn with_param(self, param: &str) -> Self {
        self.with("param", param)
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn into_value(self, request_id: &str, livemode: bool) -> Value {
        let mode = if livemode { "" } else { "test/" };
        let log = format!("https://dashboard.stripe.com/{mode}logs/{request_id}");
        json!({ "error": self.with("request_log_url", log).body })
    }
}
