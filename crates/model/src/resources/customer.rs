use tillgate_model_derive::resource;

use super::{Event, Order};
use crate::ToMany;

/// Whom orders belong to.
#[resource(
    type = "customers",
    singular = "customer",
    tag = "Commerce",
    actions(list, retrieve, create, update, delete),
    sales_channel(create)
)]
pub struct Customer {
    /// E-mail address, one customer each.
    #[attribute(read, create, update)]
    #[validate(email, length(max = 255))]
    pub email: String,
    /// Reference of the shopper at the payment gateways.
    #[attribute(read, create, update)]
    #[validate(length(max = 255))]
    pub shopper_reference: Option<String>,
    /// Number of orders of the customer.
    #[attribute(read)]
    pub total_orders_count: i64,
    /// Orders of the customer.
    #[relationship]
    pub orders: ToMany<Order>,
    /// What has happened to the customer that webhooks are called for.
    #[relationship]
    pub events: ToMany<Event>,
}
