//! Checkout.com's events of a payment.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tillgate_sandbox::LedgerKind;

use crate::client::{CHALLENGE, Client, INSUFFICIENT_FUNDS, SIGNATURE_KEY, VISA, is_signed, json_of, text};

fn subscribed() -> Client {
    let client = Client::new();
    client.workflow();
    client
}

fn authorized(client: &Client, amount: u64) -> String {
    let id = client.checkout_com_payment(VISA, amount, json!({ "capture": false }));
    assert_eq!(client.told(), ["payment_approved"]);
    id
}

#[test]
fn an_event_is_signed_and_can_be_read_again() {
    let client = subscribed();
    let id = client.checkout_com_payment(VISA, 900, json!({}));
    let deliveries = client.deliver();
    let told: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_type.as_str())
        .collect();
    assert_eq!(told, ["payment_approved", "payment_captured"]);
    let captured = &deliveries[1];
    assert!(is_signed(captured, SIGNATURE_KEY) && !is_signed(captured, "another key"));
    assert_eq!(captured.headers["authorization"], "shared");
    let event = json_of(captured);
    assert_eq!(event["id"], captured.event_id);
    let data = &event["data"];
    assert_eq!(
        (
            &data["id"],
            &data["amount"],
            &data["currency"],
            &data["reference"]
        ),
        (&json!(id), &json!(900), &json!("USD"), &json!("R"))
    );
    assert_eq!(
        (&data["response_code"], &data["metadata"]["transaction_id"]),
        (&json!("10000"), &json!("t1"))
    );
    assert!(text(&data["action_id"]).starts_with("act_"));
    assert_eq!(data["balances"]["total_captured"], 900);
    assert_eq!(
        json_of(&deliveries[0])["data"]["balances"]["total_captured"],
        0,
        "the capture came after the approval"
    );
    let (status, read) = client.checkout_com(
        "GET",
        &format!("workflows/events/{}", captured.event_id),
        &Value::Null,
    );
    assert_eq!((status, read), (200, event));
}

#[test]
fn actions_are_told_when_they_are_done() {
    let client = subscribed();
    let (status, settings) = client.admin("POST", "settings", &json!({ "action_delay_ms": 5000 }));
    assert_eq!((status, settings), (200, json!({ "action_delay_ms": 5000 })));
    let id = authorized(&client, 1000);
    let first = client.act(
        &id,
        "captures",
        json!({ "amount": 300, "capture_type": "NonFinal", "reference": "C1",
            "metadata": { "transaction_id": "c1" } }),
    );
    assert_eq!(client.told(), ["payment_capture_pending"]);
    assert_eq!(
        (client.status(&id).as_str(), client.ledger().len()),
        ("Authorized", 1)
    );
    client.advance(TimeDelta::seconds(4));
    assert!(client.told().is_empty());
    assert_eq!(
        client.admin("POST", "clock/advance", &json!({ "seconds": 1 })).0,
        200
    );
    let deliveries = client.deliver();
    assert_eq!(deliveries[0].event_type, "payment_captured");
    let data = &json_of(&deliveries[0])["data"];
    assert_eq!(
        (
            &data["action_id"],
            &data["amount"],
            &data["reference"],
            &data["metadata"]["transaction_id"]
        ),
        (&json!(first), &json!(300), &json!("C1"), &json!("c1"))
    );
    client.act(&id, "captures", json!({ "amount": 500, "capture_type": "Final" }));
    client.advance(TimeDelta::seconds(5));
    assert_eq!(client.told(), ["payment_capture_pending", "payment_captured"]);
    for amount in [200, 600] {
        client.act(&id, "refunds", json!({ "amount": amount }));
    }
    let (status, _) = client.checkout_com("POST", &format!("payments/{id}/refunds"), &json!({ "amount": 1 }));
    assert_eq!(status, 422, "refunds that are under way count");
    client.advance(TimeDelta::seconds(5));
    assert_eq!(
        client.told(),
        [
            "payment_refund_pending",
            "payment_refund_pending",
            "payment_refunded",
            "payment_refunded"
        ]
    );
    assert_eq!(client.status(&id), "Refunded");
    assert_eq!(
        client.ledger(),
        [
            (LedgerKind::Authorize, 1000),
            (LedgerKind::Capture, 300),
            (LedgerKind::Capture, 500),
            (LedgerKind::Release, 200),
            (LedgerKind::Refund, 200),
            (LedgerKind::Refund, 600),
        ]
    );
    let ledger = client.sandbox.ledger();
    assert_eq!(ledger[1].effect_id.as_deref(), Some(first.as_str()));
    assert_eq!(ledger[1].our_reference.as_deref(), Some("C1"));
    assert_eq!(ledger[1].metadata["transaction_id"], "c1");
    assert_eq!(ledger[2].our_reference.as_deref(), Some("R"));
}

#[test]
fn voids_and_declines_are_told() {
    let client = subscribed();
    let id = authorized(&client, 1000);
    client.act(&id, "voids", Value::Null);
    assert_eq!(client.told(), ["payment_voided"]);
    client.checkout_com_payment(INSUFFICIENT_FUNDS, 1000, json!({}));
    let declined = client.deliver();
    assert_eq!(declined[0].event_type, "payment_declined");
    assert_eq!(json_of(&declined[0])["data"]["response_code"], "20051");
    client.checkout_com_payment(VISA, 0, json!({}));
    assert_eq!(client.told(), ["card_verified"]);
}

#[test]
fn challenges_are_told_whatever_comes_of_them() {
    let client = subscribed();
    let challenge = || {
        let more = json!({ "3ds": { "enabled": true }, "success_url": "https://shop.example/ok",
            "failure_url": "https://shop.example/ko" });
        let id = client.checkout_com_payment(CHALLENGE, 900, more);
        assert_eq!(client.told(), ["payment_pending", "authentication_started"]);
        let (_, payment) = client.checkout_com("GET", &format!("payments/{id}"), &Value::Null);
        (id, text(&payment["_links"]["redirect"]["href"]))
    };
    let (_, page) = challenge();
    let back = client.submit(&page, "outcome=authenticate");
    assert!(back.starts_with("https://shop.example/ok?cko-session-id=sid_"));
    assert_eq!(
        client.told(),
        ["authentication_approved", "payment_approved", "payment_captured"]
    );
    let (_, page) = challenge();
    let back = client.submit(&page, "outcome=fail");
    assert!(back.starts_with("https://shop.example/ko?cko-session-id=sid_"));
    assert_eq!(client.told(), ["authentication_failed", "payment_declined"]);

    let (abandoned, _) = challenge();
    client.advance(TimeDelta::minutes(15));
    let deliveries = client.deliver();
    assert_eq!(deliveries[0].event_type, "authentication_expired");
    assert_eq!(deliveries[1].event_type, "payment_declined");
    let data = &json_of(&deliveries[1])["data"];
    assert_eq!(
        (&data["id"], &data["response_code"]),
        (&json!(abandoned), &json!("20152"))
    );
    assert_eq!(client.status(&abandoned), "Declined");
}

#[test]
fn an_authorization_expires_and_says_so_once() {
    let client = subscribed();
    let whole = authorized(&client, 1000);
    let part = authorized(&client, 1000);
    client.act(
        &part,
        "captures",
        json!({ "amount": 400, "capture_type": "NonFinal" }),
    );
    client.deliver();
    client.advance(TimeDelta::days(7));
    let deliveries = client.deliver();
    assert_eq!(deliveries.len(), 1, "what was captured in part doesn't expire");
    assert_eq!(deliveries[0].event_type, "payment_expired");
    assert_eq!(json_of(&deliveries[0])["data"]["id"], whole);
    assert_eq!(
        (client.status(&whole), client.status(&part)),
        ("Expired".to_owned(), "Partially Captured".to_owned())
    );
    assert_eq!(
        client.ledger()[3..],
        [(LedgerKind::Expire, 1000), (LedgerKind::Release, 600)]
    );
    client.advance(TimeDelta::days(7));
    assert!(client.told().is_empty());
}

#[test]
fn an_accepted_action_may_be_declined() {
    let client = subscribed();
    let id = authorized(&client, 1000);
    client.fault(json!({ "fault": "capture_declined", "times": 1 }));
    client.act(&id, "captures", Value::Null);
    assert_eq!(client.told(), ["payment_capture_declined"]);
    assert_eq!(client.status(&id), "Authorized");
    client.act(&id, "captures", Value::Null);
    assert_eq!(client.told(), ["payment_captured"]);

    client.fault(json!({ "fault": "refund_fails", "delay_ms": 3000, "times": 1 }));
    let refund = client.act(&id, "refunds", Value::Null);
    assert_eq!(client.told(), ["payment_refund_pending"]);
    client.advance(TimeDelta::seconds(3));
    let declined = client.deliver();
    assert_eq!(declined[0].event_type, "payment_refund_declined");
    assert_eq!(json_of(&declined[0])["data"]["action_id"], refund);
    let (_, actions) = client.checkout_com("GET", &format!("payments/{id}/actions"), &Value::Null);
    assert_eq!(
        (
            &actions[0]["id"],
            &actions[0]["approved"],
            &actions[0]["response_code"]
        ),
        (&json!(refund), &json!(false), &json!("20005"))
    );
    client.act(&id, "refunds", Value::Null);
    assert_eq!(client.told(), ["payment_refunded"]);
    assert_eq!(
        client.ledger(),
        [
            (LedgerKind::Authorize, 1000),
            (LedgerKind::Capture, 1000),
            (LedgerKind::Refund, 1000)
        ]
    );
}

#[test]
fn what_is_under_way_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let client = Client::persistent(directory.path());
    client.workflow();
    client.sandbox.set_action_delay(Duration::from_secs(5));
    let id = authorized(&client, 1000);
    client.act(&id, "captures", json!({ "capture_type": "Final", "amount": 700 }));
    drop(client);

    let client = Client::persistent(directory.path());
    assert_eq!(client.told(), ["payment_capture_pending"]);
    assert_eq!(
        client.admin("GET", "settings", &Value::Null).1["action_delay_ms"],
        5000
    );
    client.advance(TimeDelta::seconds(5));
    assert_eq!(client.told(), ["payment_captured"]);
    drop(client);

    let client = Client::persistent(directory.path());
    client.advance(TimeDelta::days(8));
    assert!(client.told().is_empty(), "nothing is told twice");
    assert_eq!(
        client.ledger()[1..],
        [(LedgerKind::Capture, 700), (LedgerKind::Release, 300)]
    );
}

#[test]
fn a_reversal_gives_back_what_was_captured_and_releases_the_rest_once() {
    let client = subscribed();
    let id = authorized(&client, 1000);
    client.act(
        &id,
        "captures",
        json!({ "amount": 400, "capture_type": "NonFinal" }),
    );
    client.act(&id, "reversals", json!({}));
    assert_eq!(client.told(), ["payment_captured", "payment_refunded"]);
    client.advance(TimeDelta::days(8));
    assert_eq!(
        client.ledger(),
        [
            (LedgerKind::Authorize, 1000),
            (LedgerKind::Capture, 400),
            (LedgerKind::Refund, 400),
            (LedgerKind::Release, 600),
        ]
    );
}
