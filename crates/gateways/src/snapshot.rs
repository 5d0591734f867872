//! A payment as the PSP describes it.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillgate_model::money::Money;

use crate::operation::CaptureMethod;
use crate::recovery::{ActionKind, ActionSeen, ActionStatus};

/// The state of a payment at the PSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// It has no instrument yet, and no attempt.
    RequiresInstrument,
    /// It is ready for the attempt.
    RequiresConfirmation,
    /// The buyer must act, mostly for 3-D Secure.
    RequiresAction,
    /// The PSP is processing it.
    Processing,
    /// The amount is held. At Checkout.com also before an automatic capture is done.
    Authorized,
    /// A part was captured, the rest is still held.
    PartiallyCaptured,
    /// It was captured. If only a part was, the rest was released.
    Captured,
    /// A part of the captured amount was refunded.
    PartiallyRefunded,
    /// All of the captured amount was refunded.
    Refunded,
    /// The last attempt failed; Stripe allows another one.
    Declined,
    /// It was given up, and its hold released if there was one.
    Canceled,
    /// The hold expired.
    Expired,
    /// A status of the PSP that this crate does not know.
    Unknown(String),
}

/// The reason why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The PSP's most exact code (`insufficient_funds`, `20051`); for the merchant, not for the buyer.
    pub code: String,
    /// Text for the buyer. It never mentions a lost or stolen card or suspected fraud.
    pub message: String,
    /// The PSP's own message, for the merchant.
    pub detail: Option<String>,
}

/// The text for the buyer if the decline must not be explained: the person with the card may not be its owner.
pub(crate) const NEUTRAL_DECLINE: &str = "The card was declined.";

/// Whether an instrument can be charged again once the payment is authorized.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// No: it was for this payment only.
    #[default]
    No,
    /// Yes, once it is [attached](crate::Gateway::attach_instrument) to a customer.
    OnceAttached,
    /// Yes: the PSP saves it for its customer.
    Yes,
}

/// The card of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentInstrument {
    /// Kind of instrument: `card`.
    pub issuer_type: Option<String>,
    /// Brand, in lower case: `visa`.
    pub card_type: Option<String>,
    /// Last four digits.
    pub card_last_digits: Option<String>,
    /// Month of expiry, `1` to `12`.
    pub card_expiry_month: Option<String>,
    /// Year of expiry, four digits.
    pub card_expiry_year: Option<String>,
}

/// A payment as an answer of the PSP describes it. Members that the answer lacks are `None`. Amounts are in minor units by ISO
/// 4217. Debug output leaves possible secrets out.
#[derive(Clone)]
pub struct PaymentSnapshot {
    /// The PSP's id: `pi_`, `pay_`.
    pub psp_id: String,
    pub status: PaymentStatus,
    /// Amount to pay; compare it, with its currency, with ours. Checkout.com's 202 has none.
    pub amount: Option<Money>,
    /// Amount that is held and can be captured.
    pub amount_capturable: Option<Money>,
    /// Amount that was captured so far.
    pub amount_captured: Option<Money>,
    /// Amount that was refunded so far, without released holds. After a partial capture with a release, Stripe's answer does not
    /// always show it: then [list](crate::Gateway::list_actions) the refunds.
    pub amount_refunded: Option<Money>,
    /// Id of Stripe's latest charge, `ch_`.
    pub charge_id: Option<String>,
    /// Id of Checkout.com's authorization, `act_`.
    pub action_id: Option<String>,
    /// Why the attempt failed, if it did.
    pub decline: Option<Decline>,
    /// URL that the buyer must visit. It may hold a secret: for the buyer only.
    pub redirect_url: Option<String>,
    /// Secret that Stripe.js confirms the payment with.
    pub client_secret: Option<SecretString>,
    /// Stripe's PaymentMethod, at least `{"id": "pm_…"}`.
    pub payment_method: Option<Value>,
    pub instrument: Option<PaymentInstrument>,
    /// Whether Stripe accepts another capture after one that isn't final. Checkout.com does not say.
    pub multicapture: Option<bool>,
    /// Checkout.com's reusable instrument, `src_`.
    pub source_id: Option<String>,
    /// Whether the instrument can be charged again.
    pub reuse: Reuse,
    /// The PSP's customer, `cus_`.
    pub customer_token: Option<String>,
    /// Id of our transaction, as the PSP stored it.
    pub transaction_id: Option<String>,
    /// All actions of the payment, newest first; `None` if [the list](crate::Gateway::list_actions) was not requested.
    pub actions: Option<Vec<ActionSeen>>,
    /// Whether the PSP lists each capture. Without the list, only the sum of the captures is known.
    pub lists_captures: bool,
    /// Id of our order, as the PSP stored it.
    pub order_id: Option<String>,
    /// The connected account that the payment belongs to, if the PSP shows it: `acct_`.
    pub account: Option<String>,
    /// Whether the payment is in live mode, if the PSP shows it.
    pub live: Option<bool>,
    /// When the authorized amount is captured. Checkout.com does not say.
    pub capture: Option<CaptureMethod>,
    /// The PSP's whole answer, without the client secret.
    pub response: Value,
}

impl PaymentSnapshot {
    /// The PSP's id of a cancellation that happened, if it lists one.
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
