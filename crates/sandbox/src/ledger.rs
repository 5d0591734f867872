//! What both vendors tell about themselves: money effects and test instruments.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A simulated vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Stripe.
    Stripe,
    /// Checkout.com.
    CheckoutCom,
}

/// What happened to money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// The issuer reserved the amount.
    Authorize,
    /// The amount was taken. An automatic capture is an `Authorize` followed by a `Capture`.
    Capture,
    /// The reservation of the amount was released. A final capture of less than was authorized releases the rest
    /// without an entry of its own.
    Void,
    /// The amount was given back. A negative amount is a refund that failed after it had succeeded.
    Refund,
}

/// One money effect, as the vendor booked it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Who booked it.
    pub vendor: Vendor,
    /// The vendor's id of the payment: `pi_…` or `pay_…`.
    pub payment_id: String,
    /// The caller's reference, where the vendor has such a field.
    pub our_reference: Option<String>,
    /// The caller's metadata at that time.
    pub metadata: Map<String, Value>,
    /// What happened.
    pub kind: LedgerKind,
    /// Amount in the vendor's smallest unit.
    pub amount: i64,
    /// Currency code in the vendor's spelling.
    pub currency: String,
    /// When, by the sandbox's clock.
    pub at: DateTime<Utc>,
    /// Idempotency key of the request that caused it.
    pub idempotency_key: Option<String>,
}

/// A test card, token or payment method and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestInstrument {
    /// Whose instrument it is.
    pub vendor: Vendor,
    /// The id to send, or the card number where the vendor has no alias for it.
    pub id: String,
    /// The card number behind it.
    pub card_number: Option<String>,
    /// What happens when it is charged.
    pub description: String,
}
