use tillgate_model_derive::resource;

use super::Order;
use crate::{Currency, One, Secret, text_enum};

text_enum! {
    /// State of a payment.
    pub enum PaymentState {
        /// The payment waits for a payment method: the browser confirms it with `client-secret`.
        #[default]
        Pending,
        /// The buyer has to authenticate at `redirect-url`.
        RequiresAction,
        /// The outcome at the PSP is not final yet.
        Processing,
        /// The amount is held and not yet captured.
        Authorized,
        /// The amount is captured.
        Finished,
        /// The card was declined; another one may be tried.
        Failed,
        /// The payment was cancelled.
        Canceled,
    }
}

/// A payment of an order through Stripe, made in one call.
#[resource(
    type = "payments", singular = "payment", tag = "Payments", dialect = Foodetective,
    grows,
    actions(list, retrieve, create), sales_channel(retrieve, create), calls_psp(retrieve, create)
)]
pub struct Payment {
    /// Amount in minor units of the currency.
    #[attribute(read, filter, sort)]
    pub amount_cents: i64,
    /// Currency of the amount.
    #[attribute(read, filter, sort, default = Currency::EUR)]
    pub currency: Currency,
    /// How far the payment is.
    #[attribute(read, filter)]
    pub state: PaymentState,
    /// Always false: a payment pays the whole order.
    #[attribute(read, filter)]
    pub for_delivery: bool,
    /// Always false: a payment pays the whole order.
    #[attribute(read, filter)]
    pub delivery_price_business_participation: bool,
    /// E-mail address of the order's customer.
    #[attribute(read)]
    pub user_name: Option<String>,
    /// Client secret of the PaymentIntent; Stripe.js confirms the payment with it.
    #[attribute(read)]
    pub client_secret: Option<Secret>,
    /// URL that the buyer's browser must visit for authentication.
    #[attribute(read)]
    pub redirect_url: Option<String>,
    /// A new reusable source, payment method or token of Stripe (`src_…`, `pm_…`, `tok_…`).
    #[attribute(create)]
    #[validate(length(min = 1, max = 255))]
    pub stripe_token: Option<Secret>,
    /// A payment method (`pm_…`) that was saved with a card record.
    #[attribute(create)]
    #[validate(length(min = 1, max = 255))]
    pub stripe_payment_method_id: Option<String>,
    /// The order that is paid.
    #[relationship(create)]
    pub order: One<Order>,
}
