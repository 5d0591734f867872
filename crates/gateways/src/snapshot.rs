//! A payment as the PSP describes it.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillgate_model::money::Money;

use crate::operation::CaptureMethod;
use crate::recovery::{ActionKind, ActionSeen, ActionStatus};

/// Where a payment stands at the PSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Nothing to pay with yet, and no attempt made.
    RequiresInstrument,
    /// Ready for the attempt.
    RequiresConfirmation,
    /// The buyer must do something, mostly 3-D Secure.
    RequiresAction,
    /// The PSP is at work.
    Processing,
    /// The amount is held. At Checkout.com also that of a payment which is captured at once, until that is done.
    Authorized,
    /// A part was taken, the rest is still held.
    PartiallyCaptured,
    /// Taken; perhaps less than what was authorized, then the rest was released.
    Captured,
    /// A part of what was taken was given back.
    PartiallyRefunded,
    /// All that was taken was given back.
    Refunded,
    /// The last attempt failed; Stripe allows another one.
    Declined,
    /// Given up, with a hold released if there was one.
    Canceled,
    /// The hold ended by itself.
    Expired,
    /// A word of the PSP's that this crate doesn't know.
    Unknown(String),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The PSP's most exact code (`insufficient_funds`, `20051`); for the merchant, not for the buyer.
    pub code: String,
    /// Fit for the buyer: says nothing of a lost or stolen card or of suspected fraud.
    pub message: String,
    /// The PSP's own words, for the merchant.
    pub detail: Option<String>,
}

/// What the buyer is told of a decline that must not be explained: whoever holds the card may not be its owner.
pub(crate) const NEUTRAL_DECLINE: &str = "The card was declined.";

/// Whether an instrument can be charged again once the payment is authorized.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// It was for this payment only.
    #[default]
    No,
    /// It can be, once it is [attached](crate::Gateway::attach_instrument) to a customer.
    OnceAttached,
    /// The PSP keeps it for its customer.
    Yes,
}

/// The card that was used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentInstrument {
    /// The kind of instrument: `card`.
    pub issuer_type: Option<String>,
    /// The brand, in lower case: `visa`.
    pub card_type: Option<String>,
    /// The last four digits.
    pub card_last_digits: Option<String>,
    /// The month of expiry, `1` to `12`.
    pub card_expiry_month: Option<String>,
    /// The year of expiry, four digits.
    pub card_expiry_year: Option<String>,
}

/// A payment as an answer of the PSP describes it. What the answer doesn't tell is `None`; amounts are in minor units by
/// ISO 4217. Debug output leaves out whatever could be a secret.
#[derive(Clone)]
pub struct PaymentSnapshot {
    /// The PSP's id: `pi_`, `pay_`.
    pub psp_id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The amount to be paid; compare it, with its currency, with ours. Checkout.com's 202 has none.
    pub amount: Option<Money>,
    /// What is held and can be captured.
    pub amount_capturable: Option<Money>,
    /// What was captured so far.
    pub amount_captured: Option<Money>,
    /// What was refunded so far; a released hold doesn't count. Stripe's answer doesn't always tell it once a part was
    /// captured and the rest released: then [list](crate::Gateway::list_actions) the refunds.
    pub amount_refunded: Option<Money>,
    /// Stripe's latest charge, `ch_`.
    pub charge_id: Option<String>,
    /// Checkout.com's authorization, `act_`.
    pub action_id: Option<String>,
    /// Why the attempt failed, if it did.
    pub decline: Option<Decline>,
    /// Where the buyer must go. It may hold a secret: for the buyer only.
    pub redirect_url: Option<String>,
    /// What Stripe.js confirms the payment with.
    pub client_secret: Option<SecretString>,
    /// Stripe's PaymentMethod, at least `{"id": "pm_…"}`.
    pub payment_method: Option<Value>,
    /// The card.
    pub instrument: Option<PaymentInstrument>,
    /// Whether Stripe takes another capture after one that isn't final; Checkout.com doesn't tell.
    pub multicapture: Option<bool>,
    /// Checkout.com's reusable instrument, `src_`.
    pub source_id: Option<String>,
    /// What of the instrument can be charged again.
    pub reuse: Reuse,
    /// The PSP's customer, `cus_`.
    pub customer_token: Option<String>,
    /// Our transaction as the PSP remembers it.
    pub transaction_id: Option<String>,
    /// What was done to the payment in whoever's name, newest first; `None` if the PSP was not asked for
    /// [the list](crate::Gateway::list_actions).
    pub actions: Option<Vec<ActionSeen>>,
    /// The PSP lists each capture. Without it, captures are known by their sum only.
    pub lists_captures: bool,
    /// Our order as the PSP remembers it.
    pub order_id: Option<String>,
    /// The connected account that the payment belongs to, where the PSP says so: `acct_`.
    pub account: Option<String>,
    /// Whether the payment is in live mode, where the PSP says so.
    pub live: Option<bool>,
    /// When the authorized amount is taken; Checkout.com doesn't tell.
    pub capture: Option<CaptureMethod>,
    /// The PSP's whole answer, with the client secret removed.
    pub response: Value,
}

impl PaymentSnapshot {
    /// The PSP's id of the cancellation, if it lists one that happened.
    pub fn cancellation_id(&self) -> Option<&str> {
        let actions = self.actions.as_deref().unwrap_or_default();
        let done =
            |action: &&ActionSeen| action.kind == ActionKind::Cancel && action.status == ActionStatus::Done;
        actions.iter().find(done).map(|action| action.id.as_str())
    }
}

impl fmt::Debug for PaymentSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentSnapshot")
            .field("psp_id", &self.psp_id)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("amount_capturable", &self.amount_capturable)
            .field("amount_captured", &self.amount_captured)
            .field("amount_refunded", &self.amount_refunded)
            .field("decline", &self.decline)
            .field("transaction_id", &self.transaction_id)
            .finish_non_exhaustive()
    }
}
