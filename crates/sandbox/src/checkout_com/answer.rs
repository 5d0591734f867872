//! Answers of the API: a JSON body, an empty body, or a 422 with error codes.
//!
//! Checkout.com gives 401, 403, 404 and 429 no body at all; only 422 has an explanation.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// The version that the API reports in `Cko-Version`.
const VERSION: &str = "1.0.0";

/// An answer that lacks only its request id.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Option<Value>,
}

/// The refusal of a request.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// A status without a body: 401, 403, 404, 405, 415.
    Empty(StatusCode),
    /// 422 `request_invalid`: the request itself is wrong.
    Invalid(&'static str),
    /// 422 `processing_error`: the payment's state or balance does not allow it.
    Processing(&'static str),
}

pub(super) type Outcome = Result<Answer, Refusal>;

impl Answer {
    pub fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
        }
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, body: None }
    }

    /// The HTTP response. `request_id` is also in `Cko-Request-Id`.
    pub fn into_response(self, request_id: &str) -> Response<Bytes> {
        let body = self
            .body
            .map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(request_id) = HeaderValue::from_str(request_id) {
            headers.insert("cko-request-id", request_id);
        }
        headers.insert("cko-version", HeaderValue::from_static(VERSION));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if !response.body().is_empty() {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, json);
        }
        response
    }
}

impl Refusal {
    pub fn invalid(code: &'static str) -> Self {
        Self::Invalid(code)
    }

    pub fn not_found() -> Self {
        Self::Empty(StatusCode::NOT_FOUND)
    }

    /// The payment's present state does not allow the action.
    pub fn forbidden() -> Self {
        Self::Empty(StatusCode::FORBIDDEN)
    }

    pub fn into_answer(self, request_id: &str) -> Answer {
        let (error_type, code) = match self {
            Self::Empty(status) => return Answer::empty(status),
            Self::Invalid(code) => ("request_invalid", code),
            Self::Processing(code) => ("processing_error", code),
        };
        let body = json!({ "request_id": request_id, "error_type": error_type, "error_codes": [code] });
        Answer::json(StatusCode::UNPROCESSABLE_ENTITY, body)
    }
}
