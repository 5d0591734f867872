//! The columns of a payment source that are stored as one JSON text, without those that have no value. The text is written
//! several times for each payment, and most payments use few of the columns.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use tillgate_gateways::Reuse;
use tillgate_model::{JsonObject, Timestamp};

use crate::stored::stored_json;

/// The kind of a payment source's token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenType {
    /// A new token, which one payment uses up.
    #[default]
    Token,
    /// A saved instrument.
    Id,
    /// A customer with a default instrument.
    Customer,
}

/// The details of a payment source that decide its course.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Stripe: the client's settings, as sent.
    pub options: Option<JsonObject>,
    /// URL that the buyer's browser returns to.
    pub return_url: Option<String>,
    /// Checkout.com: URL that the buyer's browser returns to after a success.
    pub success_url: Option<String>,
    /// Checkout.com: URL that the buyer's browser returns to after a failure.
    pub failure_url: Option<String>,
    /// Stripe: e-mail address for the receipt.
    pub receipt_email: Option<String>,
    /// Checkout.com: kind of the token.
    pub payment_type: TokenType,
    /// Stripe: the gateway's connected account.
    pub connected_account: Option<String>,
    /// Amount that the request named, if it was not the order's total.
    pub authorization_amount_cents: Option<i64>,
    /// The order was taken by mail or telephone.
    pub moto: Option<bool>,
    /// Id of the saved card that is charged.
    pub customer_payment_source_id: Option<String>,
    /// The customer whose wallet gets the card as soon as the payment is authorized. The order may have another customer by then,
    /// who does not get the card.
    pub saves_for: Option<String>,
    /// Whether the order got another buyer after the source was made. Its card is not saved for them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub buyer_changed: bool,
    /// Stripe: the customer that the PSP keeps the payment method for.
    pub psp_customer: Option<String>,
    /// Id of the PSP's customer.
    pub customer_token: Option<String>,
    /// Stripe: the PaymentMethod. Its id charges the card again.
    pub payment_method: Option<JsonObject>,
    /// Checkout.com: the reusable instrument.
    pub source_id: Option<String>,
    /// Whether the PSP stores the card.
    pub reuse: Reuse,
    /// Stripe: whether the card allows several captures.
    pub multicapture: Option<bool>,
    /// Whether the payment was given up here while its buyer could still finish it at the PSP. A late authorization is released.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub given_up: bool,
    /// Time since which the payment waits for its buyer or for the PSP.
    pub waits_since: Option<Timestamp>,
    /// Network address of the buyer, for limits on failed payments.
    pub address: Option<String>,
}

/// The details of a payment source that are only shown to clients.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Display {
    /// Checkout.com: id of the session that the buyer's browser returned with.
    pub session_id: Option<String>,
    /// The gateway's public key.
    pub public_key: Option<String>,
    /// Stripe: identifier of the charge.
    pub charge_id: Option<String>,
    /// Checkout.com: the last payment object that it showed.
    pub payment_response: Option<JsonObject>,
    /// Brand, last digits and expiry of the card.
    pub payment_instrument: Option<JsonObject>,
}

/// The terms and the display of a payment source, as they are stored: one JSON object.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Details {
    /// The part that decides.
    #[serde(flatten)]
    pub terms: Terms,
    /// The part that is only shown.
    #[serde(flatten)]
    pub display: Display,
}

/// The JSON text of [`Details`].
pub fn stored(terms: &Terms, display: &Display) -> String {
    #[derive(Serialize)]
    struct Both<'a> {
        #[serde(flatten)]
        terms: &'a Terms,
        #[serde(flatten)]
        display: &'a Display,
    }
    stored_json(&Both { terms, display })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terms_and_display_are_stored_as_one_object_without_empty_members() {
        let terms = Terms {
            moto: Some(true),
            given_up: true,
            ..Terms::default()
        };
        let display = Display {
            charge_id: Some("ch_1".into()),
            ..Display::default()
        };
        let text = stored(&terms, &display);
        let expected = json!({
            "payment_type": "token", "reuse": "no", "moto": true, "given_up": true, "charge_id": "ch_1"
        });
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default(),
            expected
        );
        let read: Details = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(stored(&read.terms, &read.display), text);
    }
}
