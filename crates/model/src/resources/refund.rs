use tillgate_model_derive::resource;

use super::{Capture, Order, PaymentSource, transaction::transaction};
use crate::{Currency, One, ToOne};

transaction! {
    /// A captured amount that was given back, or failed to be. It can fail at the PSP days after it succeeded.
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
