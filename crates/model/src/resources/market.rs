use tillgate_model_derive::resource;

use crate::{Currency, Timestamp};

/// The place where an order is sold: it defines the order's currency, and offers payment methods.
#[resource(
    type = "markets",
    singular = "market",
    tag = "Commerce",
    actions(list, retrieve, create, update, delete),
    sales_channel(retrieve)
)]
pub struct Market {
    /// Number of the market, counted per organization and mode.
    #[attribute(read, filter, sort)]
    pub number: i64,
    /// Name of the market.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub name: String,
    /// Code that applications may use to name the market.
    #[attribute(read, create, update, filter, sort)]
    #[validate(length(min = 1, max = 255))]
    pub code: Option<String>,
    /// Currency of the market's orders.
    #[attribute(read, create, update, filter, sort)]
    pub currency_code: Currency,
    /// Page where the market's orders are checked out.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub checkout_url: Option<String>,
    /// When the market was disabled.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Disables the market: it takes no new orders.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the market again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
}
