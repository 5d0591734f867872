use tillgate_model_derive::resource;

use super::Order;
use crate::{Currency, One};

/// A position of an order.
#[resource(
    type = "line_items",
    singular = "line_item",
    tag = "Commerce",
    grows,
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve)
)]
pub struct LineItem {
    /// What is bought.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Stock keeping unit in the merchant's catalogue.
    #[attribute(read, create, update, filter)]
    #[validate(length(min = 1, max = 255))]
    pub sku_code: Option<String>,
    /// How many.
    #[attribute(read, create, update, filter)]
    #[validate(range(min = 1, max = 1_000_000))]
    pub quantity: i64,
    /// Currency of the order.
    #[attribute(read, filter, sort, default = Currency::EUR)]
    pub currency_code: Currency,
    /// Price of one.
    #[money(read, create, update, filter, sort)]
    #[validate(range(min = 0, max = 999_999_999))]
    pub unit_amount: i64,
    /// Price of all.
    #[money(read, filter, sort)]
    pub total_amount: i64,
    /// Picture of it.
    #[attribute(read, create, update, filter)]
    #[validate(url, length(max = 1024))]
    pub image_url: Option<String>,
    /// The order that the line item belongs to.
    #[relationship(create)]
    pub order: One<Order>,
}
