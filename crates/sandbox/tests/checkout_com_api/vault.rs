//! Customers and instruments.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, PUBLIC_KEY, Reply, SECRET_KEY, VISA, card, with};

fn patch(harness: &Harness, path: &str, body: &Value) -> Reply {
    harness.call(Method::PATCH, path, SECRET_KEY, None, body)
}

fn delete(harness: &Harness, path: &str) -> Reply {
    harness.call(Method::DELETE, path, SECRET_KEY, None, &Value::Null)
}

fn customer(harness: &Harness) -> String {
    let reply = harness.post("/customers", &json!({ "email": "a@b.example", "name": "A" }));
    assert_eq!(reply.status, StatusCode::CREATED);
    reply.json["id"].as_str().unwrap().to_owned()
}

fn instrument(harness: &Harness, customer: &str) -> Reply {
    harness.post(
        "/instruments",
        &json!({ "type": "token", "token": VISA, "customer": { "id": customer } }),
    )
}

#[test]
fn a_customer_is_created_read_changed_and_deleted() {
    let harness = Harness::new();
    let id = customer(&harness);
    let path = format!("/customers/{id}");
    for path in [
        path.as_str(),
        "/customers/a@b.example",
        "/customers/a%40b.example",
    ] {
        let found = harness.get(path).json;
        assert_eq!(
            (found["id"].as_str(), &found["name"]),
            (Some(id.as_str()), &json!("A")),
            "{path}"
        );
    }
    let change = json!({ "email": "c@d.example", "metadata": { "tier": 1 } });
    patch(&harness, &path, &change).assert_empty(StatusCode::NO_CONTENT);
    harness
        .get("/customers/a@b.example")
        .assert_empty(StatusCode::NOT_FOUND);
    let found = harness.get("/customers/c@d.example").json;
    assert_eq!(
        (&found["name"], &found["metadata"]["tier"]),
        (&json!("A"), &json!(1))
    );
    delete(&harness, &path).assert_empty(StatusCode::NO_CONTENT);
    delete(&harness, &path).assert_empty(StatusCode::NOT_FOUND);
    harness
        .get("/customers/c@d.example")
        .assert_empty(StatusCode::NOT_FOUND);
}

#[test]
fn an_email_address_belongs_to_one_customer() {
    let harness = Harness::new();
    customer(&harness);
    let other = harness
        .post("/customers", &json!({ "email": "c@d.example" }))
        .json["id"]
        .clone();
    let path = format!("/customers/{}", other.as_str().unwrap());
    let taken = json!({ "email": "a@b.example" });
    assert_eq!(
        harness.post("/customers", &taken).error_codes(),
        ["customer_email_already_exists"]
    );
    assert_eq!(
        patch(&harness, &path, &taken).error_codes(),
        ["customer_email_already_exists"]
    );
    assert_eq!(
        harness.post("/customers", &json!({})).error_codes(),
        ["customer_email_required"]
    );
    assert_eq!(
        harness.post("/customers", &json!({ "email": 1 })).error_codes(),
        ["customer_email_invalid"]
    );
}

#[test]
fn an_instrument_is_created_read_changed_and_deleted() {
    let harness = Harness::new();
    let customer = customer(&harness);
    let created = instrument(&harness, &customer);
    assert_eq!(created.status, StatusCode::CREATED);
    let path = format!("/instruments/{}", created.json["id"].as_str().unwrap());
    let found = harness.get(&path).json;
    assert_eq!(found, created.json);
    assert_eq!(
        (&found["last4"], &found["customer"]["id"]),
        (&json!("4242"), &json!(customer))
    );
    assert_eq!(found["customer"]["default"], true, "the first one is the default");
    let changed = patch(
        &harness,
        &path,
        &json!({ "expiry_month": 1, "expiry_year": 2040, "name": "N" }),
    );
    assert_eq!(
        (changed.status, &changed.json["fingerprint"]),
        (StatusCode::OK, &found["fingerprint"])
    );
    let found = harness.get(&path).json;
    assert_eq!(
        (&found["expiry_year"], &found["name"]),
        (&json!(2040), &json!("N"))
    );
    assert_eq!(
        patch(&harness, &path, &json!({ "expiry_year": 2020 })).error_codes(),
        ["card_expired"]
    );
    delete(&harness, &path).assert_empty(StatusCode::NO_CONTENT);
    harness.get(&path).assert_empty(StatusCode::NOT_FOUND);
    assert!(
        harness
            .get(&format!("/customers/{customer}"))
            .json
            .get("default")
            .is_none()
    );
}

#[test]
fn the_default_follows_the_instruments() {
    let harness = Harness::new();
    let owner = customer(&harness);
    let first = instrument(&harness, &owner).json["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = instrument(&harness, &owner).json["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let default = || harness.get(&format!("/customers/{owner}")).json["default"].clone();
    assert_eq!(default(), json!(first));
    let change = json!({ "customer": { "id": owner, "default": true } });
    assert_eq!(
        patch(&harness, &format!("/instruments/{second}"), &change).status,
        StatusCode::OK
    );
    assert_eq!(default(), json!(second));
    delete(&harness, &format!("/instruments/{second}"));
    assert_eq!(default(), json!(first));
    let path = format!("/customers/{owner}");
    assert_eq!(
        patch(&harness, &path, &json!({ "default": second })).error_codes(),
        ["source_id_unknown"]
    );
}

#[test]
fn an_instrument_uses_its_token_up() {
    let harness = Harness::new();
    let token = harness.call(
        Method::POST,
        "/tokens",
        PUBLIC_KEY,
        None,
        &card("4242424242424242"),
    );
    let body = json!({ "type": "token", "token": token.json["token"] });
    assert_eq!(harness.post("/instruments", &body).status, StatusCode::CREATED);
    assert_eq!(harness.post("/instruments", &body).error_codes(), ["token_used"]);
    for (change, code) in [
        (json!({ "type": "bank_account" }), "instrument_type_invalid"),
        (json!({ "token": Value::Null }), "token_required"),
        (
            json!({ "customer": { "id": "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa" } }),
            "customer_not_found",
        ),
    ] {
        assert_eq!(
            harness
                .post("/instruments", &with(body.clone(), change))
                .error_codes(),
            [code]
        );
    }
}

#[test]
fn another_customers_instrument_is_not_charged() {
    let harness = Harness::new();
    let owner = customer(&harness);
    let source = instrument(&harness, &owner).json["id"].clone();
    let other = harness
        .post("/customers", &json!({ "email": "c@d.example" }))
        .json["id"]
        .clone();
    let charge = json!({ "source": { "type": "id", "id": source }, "amount": 1, "currency": "USD",
        "customer": { "id": other } });
    assert_eq!(
        harness.post("/payments", &charge).error_codes(),
        ["customer_id_invalid"]
    );
    let empty = json!({ "source": { "type": "customer", "id": other }, "amount": 1, "currency": "USD" });
    assert_eq!(
        harness.post("/payments", &empty).error_codes(),
        ["source_id_unknown"]
    );
}

/// The documented sequence: paid with the buyer, then without, and with the buyer again if the issuer requires it.
#[test]
fn an_instrument_is_charged_without_its_buyer() {
    let harness = Harness::new();
    let owner = customer(&harness);
    let source = instrument(&harness, &owner).json["id"].clone();
    let away = json!({ "source": { "type": "id", "id": source }, "amount": 100, "currency": "USD", "capture": false,
        "merchant_initiated": true, "payment_type": "Unscheduled" });
    let paid = harness.post("/payments", &away);
    assert_eq!(
        (paid.status, &paid.json["approved"]),
        (StatusCode::CREATED, &json!(true))
    );
    assert_eq!(paid.json["customer"]["id"], json!(owner));
    for (change, code) in [
        (json!({ "payment_type": "Regular" }), "payment_type_invalid"),
        (json!({ "payment_type": null }), "payment_type_invalid"),
        (
            json!({ "merchant_initiated": "yes" }),
            "merchant_initiated_invalid",
        ),
        (
            json!({ "previous_payment_id": "x" }),
            "previous_payment_id_invalid",
        ),
    ] {
        let refused = harness.post("/payments", &with(away.clone(), change));
        assert_eq!(refused.error_codes(), [code]);
    }
    delete(&harness, &format!("/instruments/{}", source.as_str().unwrap()));
    assert_eq!(
        harness.post("/payments", &away).error_codes(),
        ["source_id_unknown"]
    );
}

#[test]
fn a_bank_asks_for_the_buyer_who_is_away() {
    let harness = Harness::new();
    let owner = customer(&harness);
    let body =
        json!({ "type": "token", "token": "tok_sandboxthreedsrequired2222", "customer": { "id": owner } });
    let source = harness.post("/instruments", &body).json["id"].clone();
    let there = json!({ "source": { "type": "id", "id": source }, "amount": 100, "currency": "USD", "capture": false,
        "success_url": "https://shop.example/ok", "failure_url": "https://shop.example/ko" });
    let away = with(
        there.clone(),
        json!({ "merchant_initiated": true, "payment_type": "Unscheduled" }),
    );
    let declined = harness.post("/payments", &away);
    assert_eq!(
        (declined.status, &declined.json["response_code"]),
        (StatusCode::CREATED, &json!("20154"))
    );
    let pending = harness.post("/payments", &with(there, json!({ "3ds": { "enabled": true } })));
    assert_eq!(pending.status, StatusCode::ACCEPTED);
    assert!(pending.json["_links"]["redirect"]["href"].is_string());
}
