//! Request bodies.

use serde_json::{Value, json};

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

/// A line item of an order.
pub fn line_item(order: &str, name: &str, quantity: i64, unit_amount_cents: i64) -> Value {
    let attributes = json!({ "name": name, "quantity": quantity, "unit_amount_cents": unit_amount_cents });
    resource(
        "line_items",
        attributes,
        json!({ "order": to_one("orders", order) }),
    )
}
