//! What of a payment source is only shown. It is kept as one JSON text, without what has no value: it is written several
//! times for each payment, and most payments have little of it.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use tillgate_gateways::Reuse;
use tillgate_model::{JsonObject, Timestamp};

/// What the token of a payment source is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenType {
    /// A fresh one, which is used up by its payment.
    #[default]
    Token,
    /// A saved instrument.
    Id,
    /// A customer with a default instrument.
    Customer,
}

/// What of a payment source is only shown.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Stripe: the client's settings, as sent.
    pub options: Option<JsonObject>,
    /// Where the buyer's browser returns to.
    pub return_url: Option<String>,
    /// Checkout.com: the same after a success.
    pub success_url: Option<String>,
    /// Checkout.com: the same after a failure.
    pub failure_url: Option<String>,
    /// Stripe: where its receipt goes.
    pub receipt_email: Option<String>,
    /// Checkout.com: the session that the buyer brought back.
    pub session_id: Option<String>,
    /// Checkout.com: what the token is.
    pub payment_type: TokenType,
    /// The gateway's public key.
    pub public_key: Option<String>,
    /// Stripe: the gateway's connected account.
    pub connected_account: Option<String>,
    /// Stripe: identifier of the charge.
    pub charge_id: Option<String>,
    /// Stripe: the PaymentMethod.
    pub payment_method: Option<JsonObject>,
    /// Checkout.com: the payment as it last showed it.
    pub payment_response: Option<JsonObject>,
    /// Brand, last digits and expiry of the card.
    pub payment_instrument: Option<JsonObject>,
    /// Checkout.com: reusable instrument.
    pub source_id: Option<String>,
    /// The PSP's customer.
    pub customer_token: Option<String>,
    /// Whether the PSP keeps what the payment was made with.
    pub reuse: Reuse,
    /// Stripe: the customer whom the PSP keeps the payment method for.
    pub psp_customer: Option<String>,
    /// The customer for whom the card is to be saved as soon as the payment is authorized. The order may have got another one
    /// by then: that one does not get the card.
    pub saves_for: Option<String>,
    /// The payment was given up here while its buyer could still finish it at the PSP: what it holds then is released.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub given_up: bool,
    /// The order got another buyer after the source was made: its card is not saved for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub buyer_changed: bool,
    /// The saved card that is charged.
    pub customer_payment_source_id: Option<String>,
    /// How much was asked to be authorized, if that was not the order's total.
    pub authorization_amount_cents: Option<i64>,
    /// It is paid by mail or telephone.
    pub moto: Option<bool>,
    /// Stripe: whether the card allows several captures.
    pub multicapture: Option<bool>,
    /// Since when the payment waits, for its buyer or for the PSP.
    pub waits_since: Option<Timestamp>,
    /// Network address of the buyer, for limits on failed payments.
    pub address: Option<String>,
}
