//! Examples of requests, which a test validates against their schemas.

use serde_json::{Value, json};

use crate::ResourceMeta;

/// A typical body for a resource.
pub fn request(meta: &ResourceMeta, create: bool) -> Value {
    let mut data = json!({"type": meta.kind});
    if !create {
        data["id"] = "QWERtyUpBa".into();
    }
    let (attributes, relationships) = if create {
        create_members(meta.kind)
    } else {
        update_members(meta.kind)
    };
    for (name, members) in [("attributes", attributes), ("relationships", relationships)] {
        if !members.is_null() {
            data[name] = members;
        }
    }
    json!({"data": data})
}

fn order() -> Value {
    json!({"order": {"data": {"type": "orders", "id": "QWERtyUpBa"}}})
}

fn create_members(kind: &str) -> (Value, Value) {
    match kind {
        "markets" => (json!({"name": "Europe", "currency_code": "EUR"}), Value::Null),
        "customers" => (json!({"email": "jo@example.com"}), Value::Null),
        "orders" => (
            json!({"customer_email": "jo@example.com"}),
            json!({"market": {"data": {"type": "markets", "id": "QWERtyUpBa"}}}),
        ),
        "line_items" => (
            json!({"name": "Espresso cup", "unit_amount_cents": 1250, "quantity": 2}),
            order(),
        ),
        "payment_methods" => (
            json!({"payment_source_type": "stripe_payments", "price_amount_cents": 0}),
            json!({"payment_gateway": {"data": {"type": "payment_gateways", "id": "QWERtyUpBa"}}}),
        ),
        "stripe_gateways" => (
            json!({"name": "Stripe", "login": "sk_test_xxxx-yyyy-zzzz", "publishable_key": "pk_test_xxxx-yyyy-zzzz"}),
            Value::Null,
        ),
        "checkout_com_gateways" => (
            json!({"name": "Checkout.com", "secret_key": "sk_sbox_xxxx-yyyy-zzzz", "public_key": "pk_sbox_xxxx-yyyy-zzzz"}),
            Value::Null,
        ),
        "manual_gateways" => (json!({"name": "Bank transfer"}), Value::Null),
        "checkout_com_payments" => (
            json!({"payment_type": "token", "token": "tok_4gzeau5o2uqubbk6fufs3m7p54"}),
            order(),
        ),
        "payments" => (json!({"stripe_token": "pm_card_visa"}), order()),
        _ => (Value::Null, order()),
    }
}

fn update_members(kind: &str) -> (Value, Value) {
    let attributes = match kind {
        "markets" | "stripe_gateways" | "checkout_com_gateways" | "manual_gateways" => {
            json!({"name": "Main"})
        }
        "customers" => json!({"email": "jo.doe@example.com"}),
        "orders" => json!({"_place": true}),
        "authorizations" => json!({"_capture": true, "_capture_amount_cents": 1000}),
        "captures" => json!({"_refund": true, "_refund_amount_cents": 500}),
        "line_items" => json!({"quantity": 3}),
        "payment_methods" => json!({"auto_place": true}),
        "stripe_payments" | "checkout_com_payments" => json!({"_refresh": true}),
        _ => json!({"reference": "A-1"}),
    };
    (attributes, Value::Null)
}
