use tillgate_model_derive::resource;

use super::{Authorization, Order, PaymentSource, transaction::transaction};
use crate::{Currency, One, ToOne};

transaction! {
    /// A hold that was released without a capture: on request, by expiry, or as the rest of a partial capture.
    #[resource(
        type = "voids",
        singular = "void",
        tag = "Transactions",
        grows,
        actions(list, retrieve, update)
    )]
    pub struct Void {
        /// The authorization that was released.
        #[relationship]
        pub reference_authorization: ToOne<Authorization>,
    }
}
