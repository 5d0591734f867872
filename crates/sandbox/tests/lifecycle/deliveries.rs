//! The times of webhooks and their repetitions.

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use tillgate_sandbox::WebhookAnswer;

use crate::client::{ACKNOWLEDGED, Client, VISA, is_signed, text};

/// Subscribes to one type of Stripe's events and causes one.
fn one_stripe_webhook(client: &Client) -> Value {
    let form = "url=http://shop.example/stripe&enabled_events[]=charge.succeeded";
    let endpoint = client.stripe_ok("POST", "webhook_endpoints", form);
    client.stripe_payment("pm_card_visa", "");
    endpoint
}

/// Fails every attempt until the vendor gives up; the waits between attempts, in seconds.
fn waits(client: &Client, answer: WebhookAnswer) -> Vec<i64> {
    let mut waits = Vec::new();
    for attempt in 1.. {
        let deliveries = client.sandbox.due_webhooks(10);
        assert_eq!((deliveries.len(), deliveries[0].attempt), (1, attempt));
        client.sandbox.webhook_answered(&deliveries[0].id, answer);
        assert!(client.sandbox.due_webhooks(10).is_empty());
        let (_, waiting) = client.admin("GET", "webhooks", &Value::Null);
        let Some(next) = waiting[0]["due"].as_str() else {
            break;
        };
        let next: chrono::DateTime<chrono::Utc> = next.parse().unwrap();
        let wait = next - client.sandbox.now();
        waits.push(wait.num_seconds());
        client.advance(wait - TimeDelta::milliseconds(1));
        assert!(client.sandbox.due_webhooks(10).is_empty());
        client.advance(TimeDelta::milliseconds(1));
    }
    waits
}

#[test]
fn stripe_backs_off_exponentially_for_three_days() {
    let client = Client::new();
    one_stripe_webhook(&client);
    let waits = waits(&client, WebhookAnswer::None);
    for (index, wait) in waits.iter().enumerate() {
        let least = (10 << index.min(20)).min(12 * 60 * 60);
        assert!(
            (least..=least * 6 / 5).contains(wait),
            "wait {index} of {wait} s, at least {least}"
        );
    }
    let total: i64 = waits.iter().sum();
    let three_days = 3 * 24 * 60 * 60;
    assert!(
        (three_days - 15 * 60 * 60..=three_days).contains(&total),
        "{total}"
    );
}

#[test]
fn checkout_com_repeats_eight_times() {
    let client = Client::new();
    client.workflow();
    client.checkout_com_payment(VISA, 900, json!({ "capture": false }));
    let minutes: Vec<_> = waits(&client, WebhookAnswer::Status(StatusCode::INTERNAL_SERVER_ERROR))
        .into_iter()
        .map(|seconds| seconds / 60)
        .collect();
    assert_eq!(minutes, [5, 10, 15, 30, 60, 240, 720, 720]);
}

#[test]
fn only_a_2xx_acknowledges() {
    for (status, repeated) in [(200, false), (204, false), (302, true), (404, true), (500, true)] {
        let client = Client::new();
        one_stripe_webhook(&client);
        let delivery = &client.sandbox.due_webhooks(1)[0];
        let status = StatusCode::from_u16(status).unwrap();
        client
            .sandbox
            .webhook_answered(&delivery.id, WebhookAnswer::Status(status));
        client.advance(TimeDelta::days(1));
        assert_eq!(!client.sandbox.due_webhooks(1).is_empty(), repeated, "{status}");
    }
}

#[test]
fn a_repetition_is_the_same_event_signed_anew() {
    let client = Client::new();
    let secret = text(&one_stripe_webhook(&client)["secret"]);
    let first = client.sandbox.due_webhooks(1).remove(0);
    client.sandbox.webhook_answered(&first.id, WebhookAnswer::None);
    client.advance(TimeDelta::seconds(20));
    let second = client.sandbox.due_webhooks(1).remove(0);
    assert_eq!(
        (&first.event_id, &first.body, second.attempt),
        (&second.event_id, &second.body, 2)
    );
    assert_ne!(
        first.headers["stripe-signature"],
        second.headers["stripe-signature"]
    );
    assert!(is_signed(&first, &secret) && is_signed(&second, &secret));
}

#[test]
fn each_is_handed_out_once_and_by_the_next_process_again() {
    let directory = tempfile::tempdir().unwrap();
    let client = Client::persistent(directory.path());
    client.stripe_endpoint();
    client.stripe_payment("pm_card_visa", "");
    let first = client.sandbox.due_webhooks(1);
    let rest = client.sandbox.due_webhooks(10);
    assert_eq!((first.len(), rest.len()), (1, 2));
    assert!(client.sandbox.due_webhooks(10).is_empty());
    client.sandbox.webhook_answered(&first[0].id, ACKNOWLEDGED);
    client.sandbox.webhook_answered(&rest[0].id, WebhookAnswer::None);
    client.sandbox.webhook_answered(&rest[0].id, ACKNOWLEDGED);
    client.sandbox.webhook_answered("whd_unknown", ACKNOWLEDGED);
    drop(client);

    let client = Client::persistent(directory.path());
    let again = client.sandbox.due_webhooks(10);
    assert_eq!(again.len(), 1, "one was acknowledged, one waits");
    assert_eq!(
        (&again[0].event_id, &again[0].body),
        (&rest[1].event_id, &rest[1].body)
    );
    client.advance(TimeDelta::minutes(1));
    let repeated = client.sandbox.due_webhooks(10);
    assert_eq!(
        (repeated.len(), &repeated[0].event_id, repeated[0].attempt),
        (1, &rest[0].event_id, 2)
    );
}

#[test]
fn what_waits_follows_its_endpoint() {
    let client = Client::new();
    let endpoint = one_stripe_webhook(&client);
    let path = format!("webhook_endpoints/{}", text(&endpoint["id"]));
    client.stripe_ok("POST", &path, "url=http://shop.example/moved");
    let delivery = client.sandbox.due_webhooks(1).remove(0);
    assert_eq!(delivery.url, "http://shop.example/moved");
    client.sandbox.webhook_answered(&delivery.id, WebhookAnswer::None);
    client.stripe_ok("DELETE", &path, "");
    client.advance(TimeDelta::days(1));
    assert!(client.sandbox.due_webhooks(10).is_empty());
    assert_eq!(client.admin("GET", "webhooks", &Value::Null).1, json!([]));
}

#[test]
fn the_next_due_time_is_known() {
    let client = Client::new();
    assert_eq!(client.sandbox.next_due(), None);
    client.workflow();
    client.checkout_com_payment(VISA, 900, json!({ "capture": false }));
    assert_eq!(client.sandbox.next_due(), Some(client.sandbox.now()));
    client.deliver();
    assert_eq!(
        client.sandbox.next_due(),
        Some(client.sandbox.now() + TimeDelta::days(7))
    );
}
