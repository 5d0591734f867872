use tillgate_model_derive::resource;

use super::{
    Authorization, Capture, Customer, CustomerPaymentSource, Event, LineItem, Market, PaymentMethod,
    PaymentSource, Refund, Transaction, Void,
};
use crate::{Currency, Timestamp, ToMany, ToOne, text_enum};

text_enum! {
    /// State of an order.
    pub enum OrderStatus {
        /// The order has no customer or no line items yet.
        #[default]
        Draft,
        /// The order can be paid and placed.
        Pending,
        /// The order was placed and is being changed.
        Editing,
        /// The payment that places the order has no outcome yet.
        Placing,
        /// The buyer has bought it.
        Placed,
        /// The merchant has accepted it.
        Approved,
        /// The order was cancelled.
        Cancelled,
    }
}

text_enum! {
    /// State of an order's payment.
    pub enum PaymentStatus {
        /// Nothing is authorized.
        #[default]
        Unpaid,
        /// The total is authorized.
        Authorized,
        /// Less than the total is authorized.
        PartiallyAuthorized,
        /// The total is captured.
        Paid,
        /// Less than the total is captured.
        PartiallyPaid,
        /// The authorization was voided.
        Voided,
        /// The authorization was voided in part.
        PartiallyVoided,
        /// The captured amount was refunded.
        Refunded,
        /// The captured amount was refunded in part.
        PartiallyRefunded,
        /// There is nothing to pay.
        Free,
    }
}

text_enum! {
    /// State of an order's delivery.
    pub enum FulfillmentStatus {
        /// Delivery has not begun.
        #[default]
        Unfulfilled,
        /// Delivery has begun.
        InProgress,
        /// Delivery is complete.
        Fulfilled,
        /// The order has nothing to deliver.
        NotRequired,
    }
}

/// A purchase, with its line items and payments.
#[resource(
    type = "orders",
    singular = "order",
    tag = "Commerce",
    aliases("order"),
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve, create, update),
    customer(list, retrieve, create, update),
    calls_psp(update)
)]
pub struct Order {
    /// Number of the order, counted per organization and mode.
    #[attribute(read, filter, sort)]
    pub number: String,
    /// How far the order is.
    #[attribute(read, filter, sort)]
    pub status: OrderStatus,
    /// How far its payment is.
    #[attribute(read, filter, sort)]
    pub payment_status: PaymentStatus,
    /// How far its delivery is.
    #[attribute(read, filter, sort)]
    pub fulfillment_status: FulfillmentStatus,
    /// Whether it is bought without logging in. A sales channel that no customer has logged in through sees and changes such
    /// orders only. A customer who has logged in sees no such order among their own: an address that a guest gives proves
    /// nothing.
    #[attribute(read, create, update, filter, sort, default = true)]
    pub guest: bool,
    /// Whether line items can still be changed.
    #[attribute(read, default = true)]
    pub editable: bool,
    /// E-mail address of the customer; it creates or finds the customer.
    #[attribute(read, create, update, filter)]
    #[validate(email, length(max = 255))]
    pub customer_email: Option<String>,
    /// Network address of the customer, IPv4 or IPv6. An integration that sells for a shop sends it, so that failed payments are
    /// limited for each address (`--max-failures-of-address`), and not only for each order. Buyers see null here.
    #[attribute(read, create, update)]
    #[validate(length(min = 2, max = 45))]
    pub customer_ip: Option<String>,
    /// Language of the customer, an ISO 639-1 code.
    #[attribute(read, create, update, filter, sort, default = "en")]
    #[validate(length(min = 2, max = 8))]
    pub language_code: String,
    /// Currency of the order, which is that of its market.
    #[attribute(read, filter, sort, default = Currency::EUR)]
    pub currency_code: Currency,
    /// Whether prices include tax.
    #[attribute(read, filter, sort, default = true)]
    pub tax_included: bool,
    /// Sum of the line items.
    #[money(read, filter, sort)]
    pub subtotal_amount: i64,
    /// Surcharge of the payment method.
    #[money(read, filter, sort)]
    pub payment_method_amount: i64,
    /// Everything together.
    #[money(read, filter, sort)]
    pub total_amount: i64,
    /// Total with taxes: the amount that payments authorize.
    #[money(read)]
    pub total_amount_with_taxes: i64,
    /// URL of the cart.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub cart_url: Option<String>,
    /// URL that the buyer returns to.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub return_url: Option<String>,
    /// When the order was placed.
    #[attribute(read, filter, sort)]
    pub placed_at: Option<Timestamp>,
    /// When the order was approved.
    #[attribute(read, filter, sort)]
    pub approved_at: Option<Timestamp>,
    /// When the order was cancelled.
    #[attribute(read, filter, sort)]
    pub cancelled_at: Option<Timestamp>,
    /// When the payment status last changed.
    #[attribute(read, filter, sort)]
    pub payment_updated_at: Option<Timestamp>,
    /// Authorize the order's total, or `_authorization_amount_cents` of it, with the present payment source.
    #[trigger(update)]
    pub authorize: Option<bool>,
    /// Amount that `_authorize` and `_place` authorize, in minor units, if it is less than the order's total. For integrations
    /// only: a buyer could place an order for a part of its price.
    #[trigger(update)]
    #[validate(range(min = 1, max = 999_999_999_999_i64))]
    pub authorization_amount_cents: Option<i64>,
    /// Place the order; its total is authorized first unless that was done before.
    #[trigger(update)]
    pub place: Option<bool>,
    /// Accept a placed order.
    #[trigger(update)]
    pub approve: Option<bool>,
    /// Accept a placed order and capture its authorizations.
    #[trigger(update)]
    pub approve_and_capture: Option<bool>,
    /// Capture the authorizations of an approved order.
    #[trigger(update)]
    pub capture: Option<bool>,
    /// Refund all captures, which cancels the order.
    #[trigger(update)]
    pub refund: Option<bool>,
    /// Cancel a placed or approved order; its authorizations are released first.
    #[trigger(update)]
    pub cancel: Option<bool>,
    /// Detach the payment source from an order that is not placed; its payment at the PSP is given up. The relationship
    /// `payment_source` to null does the same.
    #[trigger(update)]
    pub nullify_payment_source: Option<bool>,
    /// Save the order's payment instrument for its customer's later orders, as soon as the payment is authorized.
    #[trigger(update)]
    pub save_payment_source_to_customer_wallet: Option<bool>,
    /// Pay with a saved card of the order's customer: the id of one of their `customer_payment_sources`. This creates a new
    /// payment source, which `_authorize` or `_place` charges.
    #[trigger(update)]
    #[validate(length(min = 1, max = 64))]
    pub customer_payment_source_id: Option<String>,
    /// Compute the order again, and ask the PSP for the state of its payment.
    #[trigger(update)]
    pub refresh: Option<bool>,
    /// The market that the order is sold in. A sales channel's token may define it.
    #[relationship(create)]
    pub market: ToOne<Market>,
    /// The buyer.
    #[relationship(create, update)]
    pub customer: ToOne<Customer>,
    /// The payment method of the order: payment sources have its type and use its gateway. Without it, an order is paid as its
    /// market offers. A change detaches an unconfirmed payment source that does not fit the new method, and is refused once money
    /// is held.
    #[relationship(create, update)]
    pub payment_method: ToOne<PaymentMethod>,
    /// The payment source that pays the order now.
    #[relationship]
    pub payment_source: ToOne<PaymentSource>,
    /// Line items of the order.
    #[relationship]
    pub line_items: ToMany<LineItem>,
    /// Payment methods that the order's market offers.
    #[relationship(computed)]
    pub available_payment_methods: ToMany<PaymentMethod>,
    /// Cards that the order's customer has saved and that the order can be paid with: those at the gateway of its payment
    /// method, or at the gateways that its market offers.
    #[relationship(computed)]
    pub available_customer_payment_sources: ToMany<CustomerPaymentSource>,
    /// Authorizations of the order, failed ones included.
    #[relationship]
    pub authorizations: ToMany<Authorization>,
    /// Captures of the order, failed ones included.
    #[relationship]
    pub captures: ToMany<Capture>,
    /// Voids of the order, failed ones included.
    #[relationship]
    pub voids: ToMany<Void>,
    /// Refunds of the order, failed ones included.
    #[relationship]
    pub refunds: ToMany<Refund>,
    /// All transactions of the order.
    #[relationship]
    pub transactions: ToMany<Transaction>,
    /// Events of the order.
    #[relationship]
    pub events: ToMany<Event>,
}
