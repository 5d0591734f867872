//! Request bodies, and the orders that most tests need.

use serde_json::{Value, json};
pub use tillgate_testkit::bodies::*;

use crate::api::Api;

/// Creates an order without a customer in the market with one line item of `unit_amount_cents`. Returns its id.
pub async fn order(api: &Api, market: &str, unit_amount_cents: i64) -> String {
    order_with(api, market, json!({}), unit_amount_cents).await
}

/// Creates a pending order of a guest. Returns its id.
pub async fn order_of_guest(api: &Api, market: &str, unit_amount_cents: i64) -> String {
    let guest = json!({ "customer_email": "guest@example.com" });
    order_with(api, market, guest, unit_amount_cents).await
}

async fn order_with(api: &Api, market: &str, attributes: Value, unit_amount_cents: i64) -> String {
    let body = resource(
        "orders",
        attributes,
        json!({ "market": to_one("markets", market) }),
    );
    let order = api.post("/api/orders", &body).await.expect(201).id().to_owned();
    let body = line_item(&order, "Coffee", 1, unit_amount_cents);
    let _ = api.post("/api/line_items", &body).await.expect(201);
    order
}
