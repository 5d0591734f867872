use tillgate_model_derive::resource;

use super::{Authorization, Order, PaymentSource};
use crate::{Currency, One, ToOne};

/// An amount that was taken out of an authorization, or failed to be.
#[resource(
    type = "captures",
    singular = "capture",
    tag = "Transactions",
    actions(list, retrieve)
)]
pub struct Capture {
    /// Number: that of the order, `/T/` and a count over all transactions of the order.
    #[attribute(read)]
    pub number: String,
    /// Type of the payment source.
    #[attribute(read)]
    pub payment_method_type: Option<String>,
    /// Currency of the amounts.
    #[attribute(read, default = Currency::EUR)]
    pub currency_code: Currency,
    /// What was taken.
    #[money(read)]
    pub amount: i64,
    /// Whether it succeeded. False with the message `pending` means that the PSP has not answered for certain yet.
    #[attribute(read)]
    pub succeeded: bool,
    /// What the PSP says of it.
    #[attribute(read)]
    pub message: Option<String>,
    /// Why it failed, a code.
    #[attribute(read)]
    pub error_code: Option<String>,
    /// Why it failed, in words.
    #[attribute(read)]
    pub error_detail: Option<String>,
    /// Identifier of the payment at the PSP.
    #[attribute(read)]
    pub token: Option<String>,
    /// Identifier of the charge or action at the PSP.
    #[attribute(read)]
    pub gateway_transaction_id: Option<String>,
    /// What can still be refunded.
    #[money(read)]
    pub refund_balance: i64,
    /// The order that it pays.
    #[relationship]
    pub order: One<Order>,
    /// What it was made with.
    #[relationship]
    pub payment_source: ToOne<PaymentSource>,
    /// The authorization that it was taken out of.
    #[relationship]
    pub reference_authorization: ToOne<Authorization>,
}
