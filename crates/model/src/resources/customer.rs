use tillgate_model_derive::resource;

use super::{CustomerPaymentSource, Event, Order};
use crate::{Secret, ToMany};

/// Whom orders belong to.
#[resource(
    type = "customers",
    singular = "customer",
    tag = "Commerce",
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(create),
    customer(retrieve, update)
)]
pub struct Customer {
    /// E-mail address, one customer each.
    #[attribute(read, create, update, filter, sort)]
    #[validate(email, length(max = 255))]
    pub email: String,
    /// Reference of the shopper at the payment gateways.
    #[attribute(read, create, update)]
    #[validate(length(max = 255))]
    pub shopper_reference: Option<String>,
    /// What the customer logs in with. Kept as a hash and never shown; a new one ends the logins that there are, and `null`
    /// leaves the customer without.
    #[attribute(create, update)]
    #[validate(length(min = 8, max = 128))]
    pub password: Option<Secret>,
    /// Whether the customer can log in.
    #[attribute(read)]
    pub has_password: bool,
    /// Number of orders of the customer.
    #[attribute(read)]
    pub total_orders_count: i64,
    /// Cards that the customer has saved.
    #[relationship]
    pub customer_payment_sources: ToMany<CustomerPaymentSource>,
    /// Orders of the customer.
    #[relationship]
    pub orders: ToMany<Order>,
    /// What has happened to the customer that webhooks are called for.
    #[relationship]
    pub events: ToMany<Event>,
}
