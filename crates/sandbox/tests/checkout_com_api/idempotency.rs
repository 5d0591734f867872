//! `Cko-Idempotency-Key`: repeated answers, and requests that run again.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tillgate_sandbox::ManualClock;

use crate::harness::{
    Harness, INSUFFICIENT_FUNDS, LIVE_SECRET_KEY, Reply, SECRET_KEY, VISA, config, payment, start,
};

fn post(harness: &Harness, path: &str, key: &str, body: &Value) -> Reply {
    harness.call(Method::POST, path, SECRET_KEY, Some(key), body)
}

#[test]
fn the_same_key_gets_the_same_answer_and_one_effect() {
    let harness = Harness::new();
    let first = post(&harness, "/payments", "k", &payment(VISA, 500));
    let again = post(&harness, "/payments", "k", &payment(VISA, 500));
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.status, StatusCode::CREATED);
    let other = post(&harness, "/payments", "l", &payment(VISA, 500));
    assert_ne!(first.json["id"], other.json["id"]);
    assert_eq!(
        harness.sandbox.ledger().len(),
        4,
        "two payments, each with its capture"
    );
}

#[test]
fn a_decline_is_answered_again() {
    let harness = Harness::new();
    let first = post(&harness, "/payments", "k", &payment(INSUFFICIENT_FUNDS, 500));
    assert_eq!(
        (first.status, &first.json["approved"]),
        (StatusCode::CREATED, &json!(false))
    );
    // Bodies are not compared: even another card gets the old answer.
    assert_eq!(
        post(&harness, "/payments", "k", &payment(VISA, 500)).text,
        first.text
    );
}

#[test]
fn a_refused_request_runs_again() {
    let harness = Harness::new();
    let bad = post(&harness, "/payments", "k", &json!({}));
    assert_eq!(bad.error_codes(), ["payment_source_required"]);
    assert_eq!(
        post(&harness, "/payments", "k", &payment(VISA, 500)).status,
        StatusCode::CREATED
    );
}

#[test]
fn actions_are_answered_again() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    for (action, body) in [("captures", json!({})), ("refunds", json!({ "amount": 600 }))] {
        let path = format!("/payments/{id}/{action}");
        let first = post(&harness, &path, "k", &body);
        assert_eq!(first.status, StatusCode::ACCEPTED, "a key counts per path");
        assert_eq!(post(&harness, &path, "k", &body).text, first.text);
    }
    assert_eq!(harness.balances(&id), [1000, 0, 1000, 600, 0, 0, 400]);
}

#[test]
fn keys_are_forgotten_after_24_hours() {
    let harness = Harness::new();
    let first = post(&harness, "/payments", "k", &payment(VISA, 500));
    harness.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(
        post(&harness, "/payments", "k", &payment(VISA, 500)).json["id"],
        first.json["id"]
    );
    harness.advance(TimeDelta::seconds(1));
    assert_ne!(
        post(&harness, "/payments", "k", &payment(VISA, 500)).json["id"],
        first.json["id"]
    );
}

#[test]
fn other_modes_and_endpoints_do_not_share_keys() {
    let harness = Harness::new();
    post(&harness, "/payments", "k", &payment(VISA, 500));
    let live = harness.call(
        Method::POST,
        "/payments",
        LIVE_SECRET_KEY,
        Some("k"),
        &payment(VISA, 500),
    );
    assert_eq!(live.error_codes(), ["token_invalid"]);
    let customer = json!({ "email": "a@b.example" });
    assert_eq!(
        post(&harness, "/customers", "k", &customer).status,
        StatusCode::CREATED
    );
    let again = post(&harness, "/customers", "k", &customer);
    assert_eq!(
        again.error_codes(),
        ["customer_email_already_exists"],
        "customers are not idempotent"
    );
}

#[test]
fn a_restart_forgets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let settings = || tillgate_sandbox::SandboxConfig {
        data_dir: Some(directory.path().to_owned()),
        ..config()
    };
    let clock = ManualClock::new(start());
    let before = Harness::with_config(settings(), clock.clone());
    let request = crate::harness::with(
        payment(crate::harness::CHALLENGE, 500),
        json!({ "3ds": { "enabled": true }, "reference": "R", "customer": { "email": "a@b.example" } }),
    );
    let first = post(&before, "/payments", "k", &request);
    let page = first.json["_links"]["redirect"]["href"]
        .as_str()
        .unwrap()
        .to_owned();
    drop(before);
    let after = Harness::with_config(settings(), clock);
    assert_eq!(post(&after, "/payments", "k", &request).text, first.text);
    assert_eq!(
        after.get("/payments?reference=R").json["data"][0]["id"],
        first.json["id"]
    );
    assert_eq!(
        after.get("/customers/a@b.example").json["id"],
        first.json["customer"]["id"]
    );
    assert_eq!(
        after.browse(Method::POST, &page, "outcome=authenticate").status,
        StatusCode::OK
    );
    assert_eq!(after.status(first.json["id"].as_str().unwrap()), "Captured");
}
