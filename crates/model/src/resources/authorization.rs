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
        /// Amount that a `_capture` without an amount captures.
        #[money(read)]
        pub capture_amount: i64,
        /// Amount that can still be captured.
        #[money(read)]
        pub capture_balance: i64,
        /// Amount that can still be voided; zero once a part was captured.
        #[money(read)]
        pub void_balance: i64,
        /// Capture the held amount, or `_capture_amount_cents` of it.
        #[trigger(update)]
        pub capture: Option<bool>,
        /// Amount to capture, in minor units. It captures with or without `_capture`.
        #[trigger(update)]
        #[validate(range(min = 1, max = 999_999_999_999_i64))]
        pub capture_amount_cents: Option<i64>,
        /// Release the held amount.
        #[trigger(update)]
        pub void: Option<bool>,
        /// Release the held amount of an order that is not placed yet; the order is unpaid again.
        #[trigger(update)]
        pub cancel: Option<bool>,
        /// Captures of the authorization.
        #[relationship]
        pub captures: ToMany<Capture>,
        /// Voids of the authorization.
        #[relationship]
        pub voids: ToMany<Void>,
    }
}
