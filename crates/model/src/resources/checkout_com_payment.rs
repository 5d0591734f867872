use tillgate_model_derive::resource;

use super::{Order, PaymentGateway};
use crate::{JsonObject, One, Secret, ToOne, text_enum};

text_enum! {
    /// Kind of a `token`.
    pub enum CheckoutComPaymentType {
        /// A new card token (`tok_…`).
        #[default]
        Token,
        /// A saved instrument (`src_…`).
        Id,
        /// A customer with a default instrument (`cus_…`).
        Customer,
    }
}

/// A payment source that charges a card through Checkout.com.
#[resource(
    type = "checkout_com_payments",
    singular = "checkout_com_payment",
    tag = "Payment sources",
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve, create, update, delete),
    calls_psp(retrieve, create, update, delete)
)]
pub struct CheckoutComPayment {
    /// Kind of `token`: `token` for a card token, `id` for a saved instrument, `customer` for a customer.
    #[attribute(read, create, default = CheckoutComPaymentType::Token)]
    #[schemars(with = "CheckoutComPaymentType", default)]
    pub payment_type: CheckoutComPaymentType,
    /// The token that Checkout.com's browser library made from the card.
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub token: Secret,
    /// Session identifier that the buyer's browser returns with from authentication (`cko-session-id`).
    #[attribute(read, create, update)]
    #[validate(length(min = 1, max = 255))]
    pub session_id: Option<String>,
    /// Public key of the gateway, for Checkout.com's browser library.
    #[attribute(read)]
    pub public_key: Option<String>,
    /// URL that the buyer's browser returns to after a successful authentication.
    #[attribute(read, create)]
    #[validate(url, length(max = 1024))]
    pub success_url: Option<String>,
    /// URL that the buyer's browser returns to after a failed authentication.
    #[attribute(read, create)]
    #[validate(url, length(max = 1024))]
    pub failure_url: Option<String>,
    /// Saved instrument at Checkout.com (`src_…`).
    #[attribute(read)]
    pub source_id: Option<String>,
    /// Customer at Checkout.com (`cus_…`).
    #[attribute(read)]
    pub customer_token: Option<String>,
    /// URL that the buyer's browser must visit for authentication.
    #[attribute(read)]
    pub redirect_uri: Option<String>,
    /// The last payment object that Checkout.com showed.
    #[attribute(read)]
    pub payment_response: Option<JsonObject>,
    /// Whether the order's total no longer equals the payment's amount.
    #[attribute(read)]
    pub mismatched_amounts: Option<bool>,
    /// Brand, last digits and expiry of the card.
    #[attribute(read)]
    pub payment_instrument: Option<JsonObject>,
    /// Request the payment from Checkout.com, which authorizes the order's total.
    #[trigger(update)]
    pub authorize: Option<bool>,
    /// Ask Checkout.com for the payment after the buyer has returned from authentication.
    #[trigger(update)]
    pub details: Option<bool>,
    /// Ask Checkout.com for the payment's state now.
    #[trigger(update)]
    pub refresh: Option<bool>,
    /// The order that is paid.
    #[relationship(create)]
    pub order: One<Order>,
    /// The gateway that the payment goes through.
    #[relationship]
    pub payment_gateway: ToOne<PaymentGateway>,
}
