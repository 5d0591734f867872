//! Stripe's objects, as the sandbox stores them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cards::{self, Behaviour};
use super::events::Event;
use super::test_cards::UNKNOWN_CARD;
use super::webhook_endpoints::WebhookEndpoint;

/// The caller's key-value pairs; values are strings.
pub(super) type Metadata = Map<String, Value>;

/// An object that only callers of its mode can see.
pub(super) trait Object: Clone {
    /// Name in error messages.
    const KIND: &'static str;
    fn id(&self) -> &str;
    fn livemode(&self) -> bool;
    fn created(&self) -> DateTime<Utc>;
}

macro_rules! object {
    ($type:ty, $kind:literal) => {
        impl Object for $type {
            const KIND: &'static str = $kind;
            fn id(&self) -> &str {
                &self.id
            }
            fn livemode(&self) -> bool {
                self.livemode
            }
            fn created(&self) -> DateTime<Utc> {
                self.created
            }
        }
    };
}

object!(Token, "token");
object!(Customer, "customer");
object!(PaymentMethod, "PaymentMethod");
object!(PaymentIntent, "payment_intent");
object!(Charge, "charge");
object!(Refund, "refund");
object!(Event, "event");
object!(WebhookEndpoint, "webhook endpoint");

/// A card without its number, which is stored for test cards only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) brand: String,
    pub(super) last4: String,
    pub(super) exp_month: u8,
    pub(super) exp_year: u16,
    pub(super) funding: String,
    pub(super) fingerprint: String,
    pub(super) test_number: Option<String>,
    pub(super) cvc_given: bool,
    pub(super) name: Option<String>,
    pub(super) postal_code: Option<String>,
}

impl Card {
    pub(super) fn behaviour(&self) -> Behaviour {
        let card = self.test_number.as_deref().and_then(cards::by_number);
        card.map_or(UNKNOWN_CARD, |card| card.behaviour)
    }

    /// Result of the check of the security code, once it was checked.
    pub(super) fn cvc_check(&self) -> Option<&'static str> {
        self.cvc_given.then(|| self.behaviour().cvc_check)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) city: Option<String>,
    pub(super) country: Option<String>,
    pub(super) line1: Option<String>,
    pub(super) line2: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) state: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct BillingDetails {
    pub(super) address: Address,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shipping {
    pub(super) address: Address,
    pub(super) carrier: Option<String>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) tracking_number: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) card: Card,
    /// The `card_…` inside the token.
    pub(super) card_id: String,
    pub(super) used: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) deleted: bool,
    pub(super) address: Option<Address>,
    pub(super) default_payment_method: Option<String>,
    pub(super) default_source: Option<String>,
    pub(super) description: Option<String>,
    pub(super) email: Option<String>,
    pub(super) invoice_prefix: String,
    pub(super) metadata: Metadata,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) shipping: Option<Shipping>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PaymentMethod {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) allow_redisplay: String,
    pub(super) billing_details: BillingDetails,
    pub(super) card: Card,
    pub(super) customer: Option<String>,
    pub(super) metadata: Metadata,
    /// Whether it was used without a customer, or detached from one: it can't be used again.
    pub(super) spent: bool,
    /// Whether it was authenticated for later use.
    pub(super) set_up: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether a payment may still be attempted.
    pub(super) fn is_open(self) -> bool {
        matches!(
            self,
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction
        )
    }
}

/// A 3-D Secure challenge that waits for the buyer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Challenge {
    /// Unguessable part of the page's URL.
    pub(super) key: String,
    /// Whether only Stripe's browser library can show it, because there is no URL to return to.
    pub(super) in_sdk: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: i64,
    pub(super) amount_capturable: i64,
    pub(super) amount_received: i64,
    /// `allow_redirects`, if payment methods are chosen automatically.
    pub(super) automatic_payment_methods: Option<String>,
    pub(super) authenticated: bool,
    pub(super) canceled_at: Option<DateTime<Utc>>,
    pub(super) cancellation_reason: Option<String>,
    pub(super) capture_method: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) client_secret: String,
    pub(super) confirmation_method: String,
    pub(super) currency: String,
    pub(super) customer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) last_payment_error: Option<Map<String, Value>>,
    pub(super) latest_charge: Option<String>,
    pub(super) metadata: Metadata,
    /// Whether the confirmation was marked as an order by mail or telephone.
    #[serde(default)]
    pub(super) moto: bool,
    pub(super) payment_method: Option<String>,
    pub(super) payment_method_types: Vec<String>,
    pub(super) receipt_email: Option<String>,
    /// `payment_method_options[card][request_multicapture]`
    #[serde(default)]
    pub(super) request_multicapture: Option<String>,
    pub(super) request_three_d_secure: String,
    pub(super) return_url: Option<String>,
    pub(super) setup_future_usage: Option<String>,
    pub(super) shipping: Option<Shipping>,
    pub(super) statement_descriptor: Option<String>,
    pub(super) statement_descriptor_suffix: Option<String>,
    pub(super) status: Status,
}

impl PaymentIntent {
    pub(super) fn captures_manually(&self) -> bool {
        self.capture_method == "manual"
    }
}

/// The reason why a charge failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) decline_code: Option<String>,
    pub(super) message: String,
    pub(super) network_code: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: i64,
    pub(super) amount_captured: i64,
    pub(super) amount_refunded: i64,
    pub(super) authenticated: bool,
    pub(super) balance_transaction: Option<String>,
    pub(super) billing_details: BillingDetails,
    pub(super) captured: bool,
    /// The time at which an uncaptured authorization expires.
    pub(super) capture_before: Option<DateTime<Utc>>,
    pub(super) card: Card,
    pub(super) currency: String,
    pub(super) customer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) disputed: bool,
    pub(super) failure: Option<Failure>,
    pub(super) metadata: Metadata,
    /// Whether it is marked as an order by mail or telephone, and exempt from strong customer authentication.
    #[serde(default)]
    pub(super) moto: bool,
    /// Whether the authorization can be captured in several parts.
    #[serde(default)]
    pub(super) multicapture: bool,
    pub(super) network_transaction_id: String,
    pub(super) payment_intent: String,
    pub(super) payment_method: String,
    pub(super) receipt_email: Option<String>,
    pub(super) refunded: bool,
    pub(super) shipping: Option<Shipping>,
    pub(super) statement_descriptor_suffix: Option<String>,
}

/// The future change of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundEnd {
    Succeeds,
    Fails,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: i64,
    pub(super) balance_transaction: Option<String>,
    pub(super) charge: String,
    pub(super) currency: String,
    pub(super) failure_reason: Option<String>,
    pub(super) idempotency_key: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) payment_intent: String,
    pub(super) reason: Option<String>,
    pub(super) status: String,
    /// The future change, and its time.
    pub(super) due: Option<(DateTime<Utc>, RefundEnd)>,
}
