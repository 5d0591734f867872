//! Examples of requests. A test validates them against their schemas.

use serde_json::{Value, json};
use utoipa::openapi::{Content, example::ExampleBuilder};

use crate::ResourceMeta;

/// Adds examples to a request's description: a typical body, or one for each scenario.
pub fn put_in(content: &mut Content, meta: &ResourceMeta, create: bool) {
    let scenarios = if create { scenarios(meta.kind) } else { Vec::new() };
    if scenarios.is_empty() {
        content.example = Some(typical(meta, create));
    }
    for scenario in scenarios {
        let body = request(meta, create, scenario.attributes, order());
        let example = ExampleBuilder::new().summary(scenario.summary).value(Some(body));
        content.examples.insert(scenario.name.to_owned(), example.into());
    }
}

/// A possible course of a payment, named by its test card.
struct Scenario {
    /// Name among the examples, which are in alphabetical order. Tools take the first one by default.
    name: &'static str,
    summary: &'static str,
    attributes: Value,
}

/// Test cards: Stripe docs, testing. The tokens of Checkout.com are the sandbox's, and map to test cards of its documentation.
fn scenarios(kind: &str) -> Vec<Scenario> {
    let scenario = |name, summary, attributes| Scenario {
        name,
        summary,
        attributes,
    };
    let stripe = |card: &str| json!({"options": {"payment_method": card}});
    let checkout_com = |token: &str| json!({"payment_type": "token", "token": token});
    let payment = |token: &str| json!({"stripe_token": token});
    match kind {
        "stripe_payments" => vec![
            scenario(
                "any_card",
                "Any card: Stripe.js confirms it in the browser",
                Value::Null,
            ),
            scenario(
                "approved",
                "Approved when it is authorized",
                stripe("pm_card_visa"),
            ),
            scenario(
                "declined",
                "Declined when it is authorized",
                stripe("pm_card_chargeDeclined"),
            ),
            scenario(
                "three_d_secure",
                "3-D Secure when it is authorized",
                stripe("pm_card_threeDSecure2Required"),
            ),
        ],
        "checkout_com_payments" => vec![
            scenario(
                "approved",
                "Approved",
                checkout_com("tok_4gzeau5o2uqubbk6fufs3m7p54"),
            ),
            scenario(
                "declined",
                "Declined, with the reason in `payment_response`",
                checkout_com("tok_sandboxinsufficientfunds22"),
            ),
            scenario(
                "three_d_secure",
                "3-D Secure: the buyer authenticates at `redirect_uri`",
                checkout_com("tok_sandboxchallenge2222222222"),
            ),
        ],
        "payments" => vec![
            scenario("approved", "Approved", payment("pm_card_visa")),
            scenario("declined", "Declined", payment("pm_card_chargeDeclined")),
            scenario(
                "three_d_secure",
                "3-D Secure: the buyer authenticates at `redirect-url`",
                payment("pm_card_threeDSecure2Required"),
            ),
        ],
        _ => Vec::new(),
    }
}

fn typical(meta: &ResourceMeta, create: bool) -> Value {
    let (attributes, relationships) = if create {
        create_members(meta.kind)
    } else {
        update_members(meta.kind)
    };
    request(meta, create, attributes, relationships)
}

fn request(meta: &ResourceMeta, create: bool, attributes: Value, relationships: Value) -> Value {
    let mut data = json!({"type": meta.kind});
    if !create {
        data["id"] = "QWERtyUpBa".into();
    }
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
        "customer_payment_sources" => (
            json!({"customer_token": "cus_xxxx", "payment_source_token": "pm_xxxx"}),
            json!({
                "customer": {"data": {"type": "customers", "id": "QWERtyUpBa"}},
                "payment_method": {"data": {"type": "payment_methods", "id": "QWERtyUpBa"}}
            }),
        ),
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
        "webhooks" => (
            json!({"topic": "orders.place", "callback_url": "https://shop.example.com/events", "include_resources": ["market"]}),
            Value::Null,
        ),
        _ => (Value::Null, order()),
    }
}

fn update_members(kind: &str) -> (Value, Value) {
    let attributes = match kind {
        "markets" | "stripe_gateways" | "checkout_com_gateways" | "manual_gateways" => {
            json!({"name": "Main"})
        }
        "customers" => json!({"email": "jo.doe@example.com"}),
        "orders" => json!({"customer_email": "jo.doe@example.com"}),
        "line_items" => json!({"quantity": 3}),
        "payment_methods" => json!({"auto_place": true}),
        "stripe_payments" | "checkout_com_payments" => json!({"_refresh": true}),
        "webhooks" => json!({"topic": "orders.approve"}),
        "events" => json!({"_trigger": true}),
        _ => json!({"reference": "A-1"}),
    };
    (attributes, Value::Null)
}
