//! Request bodies, and the records that most tests need.

use serde_json::{Value, json};

use crate::api::Api;

/// A document that creates a resource.
pub fn resource(kind: &str, attributes: Value, relationships: Value) -> Value {
    json!({ "data": { "type": kind, "attributes": attributes, "relationships": relationships } })
}

/// A document that changes attributes of a resource.
pub fn change(kind: &str, id: &str, attributes: Value) -> Value {
    json!({ "data": { "type": kind, "id": id, "attributes": attributes } })
}

/// Linkage to one resource.
pub fn to_one(kind: &str, id: &str) -> Value {
    json!({ "data": { "type": kind, "id": id } })
}

/// A Stripe payment of an order.
pub fn stripe_payment(order: &str) -> Value {
    json!({ "data": { "type": "stripe_payments", "relationships": { "order": to_one("orders", order) } } })
}

/// A Checkout.com payment of an order with a token.
pub fn checkout_com_payment(order: &str, token: &str) -> Value {
    let attributes = json!({ "payment_type": "token", "token": token });
    resource(
        "checkout_com_payments",
        attributes,
        json!({ "order": to_one("orders", order) }),
    )
}

/// A payment of an order that is charged at once, with a Stripe token.
pub fn payment(order: &str, stripe_token: &str) -> Value {
    let attributes = json!({ "stripe_token": stripe_token });
    resource("payments", attributes, json!({ "order": to_one("order", order) }))
}

/// Creates an order of nobody in the market with one line item of `unit_amount_cents`; its id.
pub async fn order(api: &Api, market: &str, unit_amount_cents: i64) -> String {
    order_with(api, market, json!({}), unit_amount_cents).await
}

/// Creates a pending order that a guest buys; its id.
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
    let attributes = json!({ "name": "Coffee", "quantity": 1, "unit_amount_cents": unit_amount_cents });
    let body = resource(
        "line_items",
        attributes,
        json!({ "order": to_one("orders", &order) }),
    );
    let _ = api.post("/api/line_items", &body).await.expect(201);
    order
}
