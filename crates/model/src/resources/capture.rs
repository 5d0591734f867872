use tillgate_model_derive::resource;

use super::{Authorization, Order, PaymentSource, Refund, transaction::transaction};
use crate::{Currency, One, ToMany, ToOne};

transaction! {
    /// A captured part of an authorization, or a capture that failed.
    #[resource(
        type = "captures",
        singular = "capture",
        tag = "Transactions",
        grows,
        actions(list, retrieve, update),
        calls_psp(update)
    )]
    pub struct Capture {
        /// Amount that a `_refund` without an amount refunds.
        #[money(read)]
        pub refund_amount: i64,
        /// Amount that can still be refunded.
        #[money(read)]
        pub refund_balance: i64,
        /// Refund the captured amount, or `_refund_amount_cents` of it.
        #[trigger(update)]
        pub refund: Option<bool>,
        /// Amount to refund, in minor units. It refunds with or without `_refund`.
        #[trigger(update)]
        #[validate(range(min = 1, max = 999_999_999_999_i64))]
        pub refund_amount_cents: Option<i64>,
        /// Refund the captured amount of an order that is not placed yet; the order is unpaid again.
        #[trigger(update)]
        pub cancel: Option<bool>,
        /// The authorization that was captured.
        #[relationship]
        pub reference_authorization: ToOne<Authorization>,
        /// Refunds of the capture.
        #[relationship]
        pub refunds: ToMany<Refund>,
    }
}
