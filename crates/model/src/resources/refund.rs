use tillgate_model_derive::resource;

use super::{Capture, Order, PaymentSource, transaction::transaction};
use crate::{Currency, One, ToOne};

transaction! {
    /// A refunded part of a capture, or a refund that failed. It can fail at the PSP days after it succeeded.
    #[resource(
        type = "refunds",
        singular = "refund",
        tag = "Transactions",
        grows,
        actions(list, retrieve, update)
    )]
    pub struct Refund {
        /// The capture that was refunded.
        #[relationship]
        pub reference_capture: ToOne<Capture>,
    }
}
