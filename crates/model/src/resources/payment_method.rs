use tillgate_model_derive::resource;

use super::{Market, PaymentGateway};
use crate::{Currency, One, Timestamp, ToOne, text_enum};

text_enum! {
    /// Type of the resource that pays with a method.
    pub enum PaymentSourceType {
        /// Cards through Stripe.
        #[default]
        StripePayments,
        /// Cards through Checkout.com.
        CheckoutComPayments,
        /// Money that moves outside of this service.
        WireTransfers,
    }
}

/// A way to pay that a market offers.
#[resource(
    type = "payment_methods",
    singular = "payment_method",
    tag = "Configuration",
    actions(list, retrieve, create, update, delete),
    sales_channel(list, retrieve)
)]
pub struct PaymentMethod {
    /// Name of the method; the title of its source type unless given.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: Option<String>,
    /// Which payment source the client creates.
    #[attribute(read, create, update, filter, sort)]
    pub payment_source_type: PaymentSourceType,
    /// Currency of the surcharge.
    #[attribute(read, create, update, filter, sort, default = Currency::EUR)]
    pub currency_code: Currency,
    /// Whether orders are taken by mail or telephone: an integration's card payment is marked as such at the PSP, and the buyer
    /// is not asked to authenticate. A sales channel's payments are not marked.
    #[attribute(read, create, update, default = false)]
    pub moto: bool,
    /// Whether fulfilment waits for the capture. It is stored and shown for the systems that fulfil orders: this service fulfils
    /// none.
    #[attribute(read, create, update, default = true)]
    pub require_capture: bool,
    /// Place the order when an authorization succeeds.
    #[attribute(read, create, update, default = false)]
    pub auto_place: bool,
    /// Capture right after the authorization.
    #[attribute(read, create, update, default = false)]
    pub auto_capture: bool,
    /// Largest total of an order that is captured right after the authorization.
    #[money(read, create, update)]
    #[validate(range(min = 1, max = 999_999_999_999_i64))]
    pub auto_capture_max_amount: Option<i64>,
    /// Surcharge that the method adds to the order's total.
    #[money(read, create, update, filter, sort)]
    #[validate(range(min = 0, max = 999_999_999))]
    pub price_amount: i64,
    /// When the method was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Disables the method.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the method again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// The market that offers it; without one, all markets do.
    #[relationship(create, update)]
    pub market: ToOne<Market>,
    /// The gateway that payments go through.
    #[relationship(create, update)]
    pub payment_gateway: One<PaymentGateway>,
}
