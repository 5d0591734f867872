use tillgate_model_derive::resource;

use super::{CustomerPaymentSource, Event, Order};
use crate::{Secret, ToMany};

/// A person or company that owns orders.
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
    /// Password for logging in. Stored as a hash and never shown. A new one ends the customer's logins, and `null` removes it.
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
    /// Events of the customer.
    #[relationship]
    pub events: ToMany<Event>,
}
