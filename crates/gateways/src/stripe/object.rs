//! The members of Stripe's objects that are read. Members that may be null or missing are optional, and enumerations are open.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// An id, or the object itself where it was expanded.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Id(String),
    Object(Box<T>),
}

#[derive(Deserialize)]
pub(super) struct PaymentIntent {
    pub id: String,
    pub status: String,
    pub amount: i64,
    pub currency: String,
    pub amount_capturable: Option<i64>,
    pub amount_received: Option<i64>,
    pub client_secret: Option<SecretString>,
    pub cancellation_reason: Option<String>,
    pub customer: Option<Value>,
    pub setup_future_usage: Option<String>,
    pub payment_method: Option<Value>,
    pub latest_charge: Option<Expandable<Charge>>,
    pub last_payment_error: Option<ApiError>,
    pub next_action: Option<Value>,
    pub metadata: Option<Value>,
    pub livemode: Option<bool>,
    pub capture_method: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Charge {
    pub id: String,
    pub status: Option<String>,
    pub captured: Option<bool>,
    pub amount: Option<i64>,
    pub amount_captured: Option<i64>,
    /// Cumulative, including the released part of a hold.
    pub amount_refunded: Option<i64>,
    /// Whether the whole captured amount was refunded.
    pub refunded: Option<bool>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub payment_method_details: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: Option<String>,
    pub failure_reason: Option<String>,
    pub charge: Option<Expandable<Charge>>,
    pub balance_transaction: Option<Value>,
    pub metadata: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub error: ApiError,
}

/// The member `error` of an answer, and `last_payment_error` of a PaymentIntent.
#[derive(Deserialize)]
pub(super) struct ApiError {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub message: Option<String>,
    pub param: Option<String>,
    pub charge: Option<Value>,
    pub payment_intent: Option<Value>,
    pub payment_method: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct List {
    pub data: Vec<Value>,
    pub has_more: bool,
}

/// The id of a member that is an id or an object.
pub(super) fn id_of(value: &Value) -> Option<String> {
    value
        .as_str()
        .or_else(|| value.get("id")?.as_str())
        .map(ToOwned::to_owned)
}
