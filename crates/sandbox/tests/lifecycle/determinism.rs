//! Determinism: one seed, one clock and the same calls give the same bytes.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use http::Request;
use serde_json::{Value, json};
use tillgate_sandbox::{Outcome, WebhookAnswer};

use crate::client::{ACKNOWLEDGED, CHALLENGE, Client, INSUFFICIENT_FUNDS, VISA, text};

/// All that is visible from outside while both vendors are used with faults of every kind.
fn transcript(client: &Client) -> Vec<String> {
    let mut seen = Vec::new();
    client.stripe_endpoint();
    client.workflow();
    client.sandbox.set_action_delay(Duration::from_millis(700));
    for fault in [
        json!({ "fault": "drop_after", "method": "POST", "path_prefix": "/v1/customers", "rate": 0.5 }),
        json!({ "fault": "error", "status": 429, "path_prefix": "/v1/tokens", "rate": 0.3 }),
        json!({ "fault": "webhook_duplicate", "rate": 0.2 }),
        json!({ "fault": "webhook_reorder", "rate": 0.4, "delay_ms": 5000 }),
        json!({ "fault": "webhook_forge", "rate": 0.1 }),
        json!({ "fault": "webhook_lose", "rate": 0.1 }),
        json!({ "fault": "refund_fails", "rate": 0.5 }),
        json!({ "fault": "capture_declined", "rate": 0.5 }),
    ] {
        client.fault(fault);
    }
    for round in 0..30 {
        let (_, pi) = client.stripe_payment("pm_card_visa", &format!("metadata[round]={round}"));
        seen.push(pi.to_string());
        let refund = format!("payment_intent={}&amount=700", text(&pi["id"]));
        seen.push(client.stripe("POST", "refunds", &refund).1.to_string());
        let token = [VISA, CHALLENGE, INSUFFICIENT_FUNDS][round % 3];
        let more = json!({ "capture": false, "3ds": { "enabled": true } });
        let id = client.checkout_com_payment(token, 900, more);
        let (_, capture) = client.checkout_com("POST", &format!("payments/{id}/captures"), &Value::Null);
        seen.push(capture.to_string());
        seen.push(format!("{:?}", customer(client)));
        client.advance(TimeDelta::seconds(3));
        for (index, delivery) in client.sandbox.due_webhooks(7).iter().enumerate() {
            seen.push(format!("{delivery:?}"));
            let answer = if index % 3 == 0 {
                WebhookAnswer::None
            } else {
                ACKNOWLEDGED
            };
            client.sandbox.webhook_answered(&delivery.id, answer);
        }
        seen.push(format!("{:?}", client.sandbox.next_due()));
    }
    client.advance(TimeDelta::days(8));
    seen.extend(client.deliver().iter().map(|delivery| format!("{delivery:?}")));
    seen.push(serde_json::to_string(&client.sandbox.ledger()).unwrap());
    seen
}

/// The outcome of a call that may be dropped.
fn customer(client: &Client) -> Outcome {
    let request = Request::post("/v1/customers")
        .header("Authorization", format!("Bearer {}", crate::client::STRIPE_KEY))
        .body(Bytes::new())
        .unwrap();
    client.sandbox.handle(&request)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = transcript(&Client::with_seed(1));
    assert_eq!(first, transcript(&Client::with_seed(1)));
    assert_ne!(first, transcript(&Client::with_seed(2)));
}

#[test]
fn the_same_seed_gives_the_same_journal() {
    let journal = || {
        let directory = tempfile::tempdir().unwrap();
        transcript(&Client::persistent(directory.path()));
        fs::read(directory.path().join("sandbox.jsonl")).unwrap()
    };
    let first = journal();
    assert!(!first.is_empty());
    assert_eq!(first, journal());
}
