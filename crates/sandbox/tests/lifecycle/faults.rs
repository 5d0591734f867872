//! Faults of webhooks and by rate, through the admin route.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tillgate_sandbox::WebhookAnswer;

use crate::client::{ACKNOWLEDGED, Client, SIGNATURE_KEY, VISA, is_signed};

fn subscribed() -> Client {
    let client = Client::new();
    client.workflow();
    client
}

#[test]
fn a_webhook_is_lost_late_or_doubled() {
    let client = subscribed();
    client.fault(json!({ "fault": "webhook_lose", "event_type": "payment_approved", "times": 1 }));
    client.fault(json!({ "fault": "webhook_delay", "delay_ms": 60_000, "times": 1 }));
    client.checkout_com_payment(VISA, 900, json!({}));
    assert!(client.told().is_empty());
    client.advance(TimeDelta::minutes(1));
    assert_eq!(client.told(), ["payment_captured"]);

    let twice =
        json!({ "fault": "webhook_duplicate", "vendor": "checkout_com", "delay_ms": 1000, "times": 1 });
    client.fault(twice);
    client.checkout_com_payment(VISA, 900, json!({ "capture": false }));
    let first = client.deliver();
    client.advance(TimeDelta::seconds(1));
    let second = client.deliver();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(
        (&first[0].event_id, &first[0].body),
        (&second[0].event_id, &second[0].body)
    );
}

#[test]
fn a_forged_copy_comes_first_and_is_never_repeated() {
    let client = subscribed();
    client.fault(json!({ "fault": "webhook_forge", "times": 1 }));
    client.checkout_com_payment(VISA, 900, json!({ "capture": false }));
    let deliveries = client.sandbox.due_webhooks(10);
    assert_eq!(deliveries.len(), 2);
    assert!(!is_signed(&deliveries[0], SIGNATURE_KEY) && is_signed(&deliveries[1], SIGNATURE_KEY));
    for delivery in &deliveries {
        client.sandbox.webhook_answered(&delivery.id, WebhookAnswer::None);
    }
    client.advance(TimeDelta::minutes(5));
    let repeated = client.sandbox.due_webhooks(10);
    assert_eq!(repeated.len(), 1);
    assert!(is_signed(&repeated[0], SIGNATURE_KEY));
    client.sandbox.webhook_answered(&repeated[0].id, ACKNOWLEDGED);
}

#[test]
fn webhooks_overtake_each_other() {
    let client = subscribed();
    client.fault(json!({ "fault": "webhook_reorder", "delay_ms": 10_000 }));
    let ids: Vec<_> = (0..20)
        .map(|_| client.checkout_com_payment(VISA, 900, json!({ "capture": false })))
        .collect();
    client.advance(TimeDelta::seconds(10));
    let told: Vec<String> = client
        .deliver()
        .iter()
        .map(|delivery| crate::client::text(&crate::client::json_of(delivery)["data"]["id"]))
        .collect();
    assert_eq!(told.len(), ids.len());
    assert_ne!(told, ids);
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(told), sorted(ids));
}

#[test]
fn errors_strike_by_rate() {
    let client = Client::new();
    let fault = json!({ "fault": "error", "status": 409, "vendor": "stripe", "method": "POST", "rate": 0.5 });
    let (status, list) = client.admin("POST", "faults", &fault);
    assert_eq!((status, &list[0]["rate"]), (201, &json!(0.5)));
    let answers: Vec<u16> = (0..100)
        .map(|index| {
            let (status, _) = client.stripe("POST", "customers", &format!("name={index}"));
            status
        })
        .collect();
    let struck = answers.iter().filter(|status| **status == 409).count();
    assert!((30..70).contains(&struck), "{struck}");
    assert_eq!(
        struck + answers.iter().filter(|status| **status == 200).count(),
        100
    );
    assert_eq!(client.admin("DELETE", "faults", &Value::Null).0, 204);
    assert_eq!(client.admin("GET", "faults", &Value::Null).1, json!([]));
    assert_eq!(client.stripe("POST", "customers", "name=last").0, 200);
}

#[test]
fn admin_routes_refuse_what_they_don_t_know() {
    let client = Client::new();
    for (path, body) in [
        ("faults", json!({ "fault": "error", "rate": 2 })),
        ("faults", json!({ "fault": "error", "chance": 1 })),
        ("faults", json!({ "fault": "webhook_forge", "delay_ms": 1 })),
        ("settings", json!({ "action_delay_ms": -1 })),
        ("settings", json!({ "action_delay_ms": 604_800_001 })),
        ("settings", json!({ "delay": 1 })),
        ("clock/advance", json!({ "seconds": -1 })),
    ] {
        let (status, answer) = client.admin("POST", path, &body);
        assert_eq!(status, 400, "{path} {body}");
        assert!(answer["error"].is_string());
    }
}
