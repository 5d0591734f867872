use tillgate_model_derive::resource;

use super::{Capture, Order, PaymentSource, Void, transaction::transaction};
use crate::{Currency, One, ToMany, ToOne};

transaction! {
    /// An amount that a PSP holds for an order, or declined to hold.
    #[resource(
        type = "authorizations",
        singular = "authorization",
        tag = "Transactions",
        grows,
        actions(list, retrieve, update),
        calls_psp(update)
    )]
    pub struct Authorization {
        /// What a `_capture` without an amount takes.
        #[money(read)]
        pub capture_amount: i64,
        /// What can still be captured.
        #[money(read)]
        pub capture_balance: i64,
        /// What can still be voided; nothing once a part was captured.
        #[money(read)]
        pub void_balance: i64,
        /// Capture what is held, or as much of it as `_capture_amount_cents` says.
        #[trigger(update)]
        pub capture: Option<bool>,
        /// How much `_capture` takes, in minor units.
        #[trigger(update)]
        #[validate(range(min = 1, max = 999_999_999_999_i64))]
        pub capture_amount_cents: Option<i64>,
        /// Release what is held.
        #[trigger(update)]
        pub void: Option<bool>,
        /// Release what is held for an order that is not placed yet; the order is unpaid again.
        #[trigger(update)]
        pub cancel: Option<bool>,
        /// What was captured of it.
        #[relationship]
        pub captures: ToMany<Capture>,
        /// What was released of it.
        #[relationship]
        pub voids: ToMany<Void>,
    }
}
