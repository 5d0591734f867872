use tillgate_model_derive::resource;

use super::{Order, PaymentGateway};
use crate::{JsonObject, One, ToOne};

/// A payment source that moves money outside of this service. Its transactions are recorded as the merchant reports them,
/// and always succeed.
#[resource(
    type = "wire_transfers",
    singular = "wire_transfer",
    tag = "Payment sources",
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve, create, update, delete)
)]
pub struct WireTransfer {
    /// Always null: a transfer has no card.
    #[attribute(read)]
    pub payment_instrument: Option<JsonObject>,
    /// The order that is paid.
    #[relationship(create)]
    pub order: One<Order>,
    /// The gateway that the payment goes through.
    #[relationship]
    pub payment_gateway: ToOne<PaymentGateway>,
}
