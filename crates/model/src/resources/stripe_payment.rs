use tillgate_model_derive::resource;

use super::{CheckoutComPayment, Order, PaymentGateway, WireTransfer};
use crate::{JsonObject, One, Secret, ToOne, relationship::Target};

/// Any resource that can pay an order.
pub struct PaymentSource;

impl Target for PaymentSource {
    const NAME: &'static str = "PaymentSource";
    const TYPES: &'static [&'static str] = &[
        StripePayment::TYPES[0],
        CheckoutComPayment::TYPES[0],
        WireTransfer::TYPES[0],
    ];
}

/// A payment source that charges a card through Stripe.
#[resource(
    type = "stripe_payments",
    singular = "stripe_payment",
    tag = "Payment sources",
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve, create, update, delete),
    calls_psp(retrieve, create, update, delete)
)]
pub struct StripePayment {
    /// Identifier of the PaymentIntent at Stripe.
    #[attribute(read)]
    pub stripe_id: Option<String>,
    /// Client secret of the PaymentIntent; Stripe.js confirms the payment with it.
    #[attribute(read)]
    pub client_secret: Option<Secret>,
    /// Identifier of the charge at Stripe, once there is one.
    #[attribute(read)]
    pub charge_id: Option<String>,
    /// Publishable key of the gateway, for Stripe.js.
    #[attribute(read)]
    pub publishable_key: Option<String>,
    /// Stripe Connect account of the gateway, for Stripe.js.
    #[attribute(read)]
    pub connected_account: Option<String>,
    /// Settings of the payment. `customer`, `payment_method`, `setup_future_usage`, `return_url`, `receipt_email` and
    /// `description` are sent to Stripe; others are only stored. Amount, currency and other members that move money are refused.
    #[attribute(read, create, update)]
    pub options: Option<JsonObject>,
    /// The PaymentMethod at Stripe, once one is used.
    #[attribute(read)]
    pub payment_method: Option<JsonObject>,
    /// Whether the order's total no longer equals the payment's amount.
    #[attribute(read)]
    pub mismatched_amounts: Option<bool>,
    /// URL that the buyer's browser returns to after authentication.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// Address that Stripe sends a receipt to.
    #[attribute(read, create)]
    #[validate(email, length(max = 255))]
    pub receipt_email: Option<String>,
    /// Brand, last digits and expiry of the card.
    #[attribute(read)]
    pub payment_instrument: Option<JsonObject>,
    /// Confirm the PaymentIntent with the payment method in `options`, which authorizes the order's total.
    #[trigger(update)]
    pub authorize: Option<bool>,
    /// Give the payment the order's present total: an unconfirmed PaymentIntent is changed, an authorized one is voided and
    /// created again.
    #[trigger(update)]
    pub update: Option<bool>,
    /// Ask Stripe for the payment's state now.
    #[trigger(update)]
    pub refresh: Option<bool>,
    /// The order that is paid.
    #[relationship(create)]
    pub order: One<Order>,
    /// The gateway that the payment goes through.
    #[relationship]
    pub payment_gateway: ToOne<PaymentGateway>,
}
