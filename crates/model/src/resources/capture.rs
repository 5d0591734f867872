use tillgate_model_derive::resource;

use super::{Authorization, Order, PaymentSource, Refund, transaction::transaction};
use crate::{Currency, One, ToMany, ToOne};

transaction! {
    /// An amount that was taken out of an authorization, or failed to be.
    #[resource(
        type = "captures",
        singular = "capture",
        tag = "Transactions",
        grows,
        actions(list, retrieve, update),
        calls_psp(update)
    )]
    pub struct Capture {
        /// What a `_refund` without an amount gives back.
        #[money(read)]
        pub refund_amount: i64,
        /// What can still be refunded.
        #[money(read)]
        pub refund_balance: i64,
        /// Refund what was captured, or as much of it as `_refund_amount_cents` says.
        #[trigger(update)]
        pub refund: Option<bool>,
        /// How much `_refund` gives back, in minor units.
        #[trigger(update)]
        #[validate(range(min = 1, max = 999_999_999_999_i64))]
        pub refund_amount_cents: Option<i64>,
        /// Refund what was captured for an order that is not placed yet; the order is unpaid again.
        #[trigger(update)]
        pub cancel: Option<bool>,
        /// The authorization that it was taken out of.
        #[relationship]
        pub reference_authorization: ToOne<Authorization>,
        /// What was given back of it.
        #[relationship]
        pub refunds: ToMany<Refund>,
    }
}
