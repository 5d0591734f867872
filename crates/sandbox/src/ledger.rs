//! Facts about both vendors: money effects and test instruments.

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

/// Kind of a money effect. Amounts are never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// The issuer reserved the amount.
    Authorize,
    /// The amount was captured. An automatic capture is an `Authorize` followed by a `Capture`.
    Capture,
    /// The reservation of the whole amount was released on request.
    Void,
    /// The rest of the reservation after captures was released: by the last capture, or because the time for more had ended.
    Release,
    /// The reservation of the whole amount ended because it was never captured.
    Expire,
    /// The amount was refunded.
    Refund,
    /// A refund of the amount, recorded as `Refund` before, failed later: the merchant has the money again.
    RefundFailure,
}

/// One money effect, as the vendor recorded it. For every payment, `Authorize` = `Capture` + `Void` + `Release` + `Expire` once
/// its authorization has ended, and `Refund` - `RefundFailure` never exceeds `Capture`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Vendor that recorded it.
    pub vendor: Vendor,
    /// The vendor's id of the payment: `pi_…` or `pay_…`.
    pub payment_id: String,
    /// The vendor's id of the effect itself: the charge or refund at Stripe, the action at Checkout.com. Effects of the clock
    /// have none at Checkout.com.
    pub effect_id: Option<String>,
    /// The caller's reference, if the vendor has such a field: the action's own, else the payment's.
    pub our_reference: Option<String>,
    /// The caller's metadata at that time: the refund's or the action's own, else the payment's. Captures at Stripe
    /// have no metadata of their own but add to the payment's.
    pub metadata: Map<String, Value>,
    /// Kind of the effect.
    pub kind: LedgerKind,
    /// Amount in the vendor's smallest unit.
    pub amount: i64,
    /// Currency code in the vendor's spelling.
    pub currency: String,
    /// Time, by the sandbox's clock.
    pub at: DateTime<Utc>,
    /// Idempotency key of the request that caused it.
    pub idempotency_key: Option<String>,
}

/// A test card, token or payment method, and its behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestInstrument {
    /// Vendor of the instrument.
    pub vendor: Vendor,
    /// The id to send, or the card number if the vendor has no alias for it.
    pub id: String,
    /// The card number behind it.
    pub card_number: Option<String>,
    /// Behaviour when it is charged.
    pub description: String,
}
