//! The folder that pays an order: each request uses the results of the one before.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::item::Item;
use openapi_document::operations;

/// The folder.
///
/// # Errors
/// An operation is not in the document.
pub fn folder(document: &Value) -> Result<Value> {
    let items: Result<Vec<Value>> = steps()
        .into_iter()
        .map(|(name, id, body)| {
            let all = operations(document);
            let operation = all
                .into_iter()
                .find(|operation| operation.value["operationId"] == id);
            let mut item = Item::of(document, operation.with_context(|| format!("there is no {id}"))?);
            item.name = name.to_owned();
            if !body.is_null() {
                item.body = Some(body);
            }
            Ok(item.render())
        })
        .collect();
    Ok(json!({
        "name": "First payment",
        "description": "Pays an order with a test card, captures it and gives a part back. Run it from top to bottom.",
        "item": items?
    }))
}

/// Name, operation, and the body, if it is not the document's example.
fn steps() -> Vec<(&'static str, &'static str, Value)> {
    let trigger = |kind: &str, attributes: Value| json!({"data": {"type": kind, "id": format!("{{{{{kind}_id}}}}"), "attributes": attributes}});
    let card = json!({"data": {
        "type": "stripe_payments",
        "attributes": {"options": {"payment_method": "pm_card_visa"}},
        "relationships": {"order": {"data": {"type": "orders", "id": "{{orders_id}}"}}}
    }});
    vec![
        ("1. Find the market", "list_markets", Value::Null),
        ("2. Make an order", "create_order", Value::Null),
        ("3. Put a line item into it", "create_line_item", Value::Null),
        (
            "4. Make a payment with a test card",
            "create_stripe_payment",
            card,
        ),
        (
            "5. Authorize it",
            "update_order",
            trigger("orders", json!({"_authorize": true})),
        ),
        (
            "6. Place the order",
            "update_order",
            trigger("orders", json!({"_place": true})),
        ),
        (
            "7. Approve it, and capture",
            "update_order",
            trigger("orders", json!({"_approve_and_capture": true})),
        ),
        ("8. See the capture", "retrieve_order_captures", Value::Null),
        (
            "9. Give a part back",
            "update_capture",
            trigger("captures", json!({"_refund": true, "_refund_amount_cents": 100})),
        ),
    ]
}
