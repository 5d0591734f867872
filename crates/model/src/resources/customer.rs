use tillgate_model_derive::resource;

use super::{CustomerPaymentSource, Order};
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
    /// Cards that the customer has saved.
    #[relationship]
    pub customer_payment_sources: ToMany<CustomerPaymentSource>,
    /// Orders of the customer.
    #[relationship]
    pub orders: ToMany<Order>,
}
