//! Card tokens.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, PUBLIC_KEY, Reply, VISA, card, payment, with};

fn create(harness: &Harness, fields: &Value) -> Reply {
    harness.call(Method::POST, "/tokens", PUBLIC_KEY, None, fields)
}

fn token(harness: &Harness, number: &str) -> String {
    create(harness, &card(number)).json["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_token_tells_of_its_card_but_not_its_number() {
    let harness = Harness::new();
    let reply = create(&harness, &card("5436031030606378"));
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.json["expires_on"], "2030-01-01T10:15:00.000Z");
    assert_eq!(
        (&reply.json["scheme"], &reply.json["last4"]),
        (&json!("Mastercard"), &json!("6378"))
    );
    assert_eq!(
        (&reply.json["bin"], &reply.json["expiry_month"]),
        (&json!("543603"), &json!(6))
    );
    assert!(!reply.text.contains("5436031030606378"));
    let id = reply.json["token"].as_str().unwrap();
    let metadata = harness.get(&format!("/tokens/{id}/metadata"));
    assert_eq!(
        (metadata.status, &metadata.json["bin"]),
        (StatusCode::OK, &json!("543603"))
    );
    assert_eq!(
        harness.get(&format!("/tokens/{VISA}/metadata")).json["scheme"],
        "Visa"
    );
}

#[test]
fn a_token_is_charged_once_and_a_test_token_as_often_as_wanted() {
    let harness = Harness::new();
    let token = token(&harness, "4242424242424242");
    assert_eq!(
        harness.post("/payments", &payment(&token, 500)).status,
        StatusCode::CREATED
    );
    assert_eq!(
        harness.post("/payments", &payment(&token, 500)).error_codes(),
        ["token_used"]
    );
    for _ in 0..2 {
        assert_eq!(
            harness.post("/payments", &payment(VISA, 500)).status,
            StatusCode::CREATED
        );
    }
}

#[test]
fn a_refused_request_does_not_use_the_token_up() {
    let harness = Harness::new();
    let token = token(&harness, "4242424242424242");
    let bad = with(
        payment(&token, 500),
        json!({ "customer": { "id": "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa" } }),
    );
    assert_eq!(
        harness.post("/payments", &bad).error_codes(),
        ["customer_not_found"]
    );
    assert_eq!(
        harness.post("/payments", &payment(&token, 500)).status,
        StatusCode::CREATED
    );
}

#[test]
fn a_token_expires_after_15_minutes() {
    let harness = Harness::new();
    let (late, in_time) = (
        token(&harness, "4242424242424242"),
        token(&harness, "4242424242424242"),
    );
    harness.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_eq!(
        harness.post("/payments", &payment(&in_time, 500)).status,
        StatusCode::CREATED
    );
    harness.advance(TimeDelta::seconds(1));
    assert_eq!(
        harness.post("/payments", &payment(&late, 500)).error_codes(),
        ["token_expired"]
    );
}

#[test]
fn a_typed_card_is_enrolled_for_3ds() {
    let harness = Harness::new();
    let request = with(
        payment(&token(&harness, "4242424242424242"), 500),
        json!({ "3ds": { "enabled": true } }),
    );
    assert_eq!(harness.post("/payments", &request).status, StatusCode::ACCEPTED);
    let raw = json!({ "source": card("4242424242424242"), "amount": 500, "currency": "USD" });
    assert_eq!(harness.post("/payments", &raw).status, StatusCode::CREATED);
}

#[test]
fn each_bad_member_has_its_code() {
    let harness = Harness::new();
    for (change, code) in [
        (json!({ "type": Value::Null }), "token_type_required"),
        (json!({ "type": "googlepay" }), "token_type_invalid"),
        (json!({ "number": Value::Null }), "card_number_invalid"),
        (json!({ "number": "4242424242424241" }), "card_number_invalid"),
        (
            json!({ "number": 4_242_424_242_424_242_u64 }),
            "card_number_invalid",
        ),
        (json!({ "expiry_month": 13 }), "card_expiry_month_invalid"),
        (json!({ "expiry_month": "6" }), "card_expiry_month_invalid"),
        (json!({ "expiry_year": 31 }), "card_expiry_year_invalid"),
        (json!({ "expiry_year": Value::Null }), "card_expiry_year_required"),
        (json!({ "expiry_month": 12, "expiry_year": 2029 }), "card_expired"),
        (json!({ "cvv": "12" }), "cvv_invalid"),
        (json!({ "cvv": 100 }), "cvv_invalid"),
    ] {
        assert_eq!(
            create(&harness, &with(card("4242424242424242"), change.clone())).error_codes(),
            [code],
            "{change}"
        );
    }
}
