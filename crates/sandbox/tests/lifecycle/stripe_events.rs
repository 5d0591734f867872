//! Stripe's events of a payment.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tillgate_sandbox::LedgerKind;

use crate::client::{Client, is_signed, json_of, text};

fn authorized(client: &Client, more: &str) -> String {
    let (status, pi) = client.stripe_payment("pm_card_visa", &format!("capture_method=manual&{more}"));
    assert_eq!((status, &pi["status"]), (200, &json!("requires_capture")), "{pi}");
    client.deliver();
    text(&pi["id"])
}

fn capture(client: &Client, pi: &str, form: &str) -> (u16, Value) {
    client.stripe("POST", &format!("payment_intents/{pi}/capture"), form)
}

#[test]
fn an_event_is_a_signed_snapshot_that_names_its_request() {
    let client = Client::new();
    let secret = text(&client.stripe_endpoint()["secret"]);
    let (_, pi) = client.stripe_payment("pm_card_visa", "metadata[transaction_id]=t1");
    let deliveries = client.deliver();
    let told: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_type.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded"
        ]
    );
    let succeeded = &deliveries[2];
    assert!(is_signed(succeeded, &secret) && !is_signed(succeeded, "whsec_other"));
    assert_eq!(
        (succeeded.url.as_str(), succeeded.attempt),
        ("http://shop.example/stripe", 1)
    );
    let event = json_of(succeeded);
    assert_eq!(event["id"], succeeded.event_id);
    assert_eq!(event["object"], "event");
    assert_eq!(
        (&event["livemode"], &event["pending_webhooks"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(event["data"]["object"], pi);
    assert!(text(&event["request"]["id"]).starts_with("req_"));
    assert_eq!(event["request"]["idempotency_key"], "key 2");
    // An event of a creation has no later status.
    assert_eq!(
        json_of(&deliveries[0])["data"]["object"]["status"],
        "requires_confirmation"
    );
}

#[test]
fn an_authorization_is_captured_and_refunded_in_parts() {
    let client = Client::new();
    client.stripe_endpoint();
    client.stripe_payment("pm_card_visa", "capture_method=manual");
    let deliveries = client.deliver();
    assert_eq!(
        deliveries[2].event_type,
        "payment_intent.amount_capturable_updated"
    );
    let pi = text(&json_of(&deliveries[2])["data"]["object"]["id"]);
    assert_eq!(capture(&client, &pi, "amount_to_capture=1500").0, 200);
    let deliveries = client.deliver();
    let told: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_type.as_str())
        .collect();
    assert_eq!(told, ["charge.captured", "payment_intent.succeeded"]);
    let charge = &json_of(&deliveries[0])["data"]["object"];
    assert_eq!(
        (&charge["amount_captured"], &charge["amount_refunded"]),
        (&json!(1500), &json!(0))
    );
    for (amount, whole) in [(500, false), (1000, true)] {
        client.stripe_ok(
            "POST",
            "refunds",
            &format!("payment_intent={pi}&amount={amount}&metadata[transaction_id]=r{amount}"),
        );
        let deliveries = client.deliver();
        assert_eq!(deliveries[0].event_type, "refund.created");
        assert_eq!(deliveries[1].event_type, "charge.refunded");
        assert_eq!(json_of(&deliveries[0])["data"]["object"]["amount"], amount);
        assert_eq!(json_of(&deliveries[1])["data"]["object"]["refunded"], whole);
    }
    assert_eq!(
        client.ledger(),
        [
            (LedgerKind::Authorize, 2000),
            (LedgerKind::Capture, 1500),
            (LedgerKind::Release, 500),
            (LedgerKind::Refund, 500),
            (LedgerKind::Refund, 1000),
        ]
    );
    let ledger = client.sandbox.ledger();
    assert!(ledger[0].effect_id.as_ref().unwrap().starts_with("ch_"));
    assert!(ledger[3].effect_id.as_ref().unwrap().starts_with("re_"));
    assert_eq!(ledger[4].metadata["transaction_id"], "r1000");
    assert!(ledger.iter().all(|entry| entry.payment_id == pi));
    assert!(ledger.iter().all(|entry| entry.idempotency_key.is_some()));
}

#[test]
fn several_captures_need_multicapture() {
    let client = Client::new();
    client.stripe_endpoint();
    let once = authorized(&client, "");
    let (status, error) = capture(&client, &once, "amount_to_capture=500&final_capture=false");
    assert_eq!((status, &error["error"]["param"]), (400, &json!("final_capture")));
    let never = authorized(
        &client,
        "payment_method_options[card][request_multicapture]=never",
    );
    assert_eq!(
        capture(&client, &never, "amount_to_capture=500&final_capture=false").0,
        400
    );
    let wrong = client.stripe_payment(
        "pm_card_visa",
        "payment_method_options[card][request_multicapture]=always",
    );
    assert_eq!(wrong.0, 400);

    let several = authorized(
        &client,
        "payment_method_options[card][request_multicapture]=if_available",
    );
    let part = "amount_to_capture=500&final_capture=false&metadata[n]=";
    for number in 1..=2 {
        let (_, pi) = capture(&client, &several, &format!("{part}{number}"));
        assert_eq!(
            (&pi["status"], &pi["amount_received"]),
            (&json!("requires_capture"), &json!(500 * number))
        );
        assert_eq!(
            client.told(),
            ["charge.captured", "payment_intent.amount_capturable_updated"]
        );
    }
    let canceled = client.stripe("POST", &format!("payment_intents/{several}/cancel"), "");
    assert_eq!(canceled.0, 400, "what was captured in part can't be canceled");
    assert_eq!(capture(&client, &several, "amount_to_capture=1001").0, 400);
    capture(&client, &several, "amount_to_capture=900");
    assert_eq!(client.told(), ["charge.captured", "payment_intent.succeeded"]);
    let of_payment = |entry: &tillgate_sandbox::LedgerEntry| {
        (entry.payment_id == several).then_some((entry.kind, entry.amount))
    };
    assert_eq!(
        client
            .sandbox
            .ledger()
            .iter()
            .filter_map(of_payment)
            .collect::<Vec<_>>(),
        [
            (LedgerKind::Authorize, 2000),
            (LedgerKind::Capture, 500),
            (LedgerKind::Capture, 500),
            (LedgerKind::Capture, 900),
            (LedgerKind::Release, 100),
        ]
    );
}

#[test]
fn a_void_and_an_expiry_release_the_hold() {
    let client = Client::new();
    client.stripe_endpoint();
    let voided = authorized(&client, "");
    client.stripe_ok("POST", &format!("payment_intents/{voided}/cancel"), "");
    assert_eq!(client.told(), ["charge.refunded", "payment_intent.canceled"]);
    authorized(&client, "metadata[transaction_id]=t2");
    client.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert!(client.told().is_empty());
    // The admin route's clock counts as well, and triggers events at once.
    assert_eq!(
        client.admin("POST", "clock/advance", &json!({ "seconds": 2 })).0,
        200
    );
    let deliveries = client.deliver();
    assert_eq!(deliveries[0].event_type, "charge.expired");
    assert_eq!(deliveries[1].event_type, "payment_intent.canceled");
    let event = json_of(&deliveries[1]);
    assert_eq!(event["data"]["object"]["cancellation_reason"], "automatic");
    assert_eq!(event["request"], json!({ "id": null, "idempotency_key": null }));
    let ledger = client.sandbox.ledger();
    let last = ledger.last().unwrap();
    assert_eq!((last.kind, last.amount), (LedgerKind::Expire, 2000));
    assert_eq!(last.metadata["transaction_id"], "t2");
    assert_eq!(ledger[1].kind, LedgerKind::Void);
}

#[test]
fn the_rest_of_a_part_captured_authorization_is_released_when_its_time_is_over() {
    let client = Client::new();
    client.stripe_endpoint();
    let pi = authorized(
        &client,
        "payment_method_options[card][request_multicapture]=if_available",
    );
    capture(&client, &pi, "amount_to_capture=500&final_capture=false");
    client.deliver();
    client.advance(TimeDelta::days(7));
    assert_eq!(client.told(), ["payment_intent.succeeded"]);
    assert_eq!(client.ledger()[2], (LedgerKind::Release, 1500));
}

#[test]
fn declines_and_challenges_are_told() {
    let client = Client::new();
    client.stripe_endpoint();
    assert_eq!(client.stripe_payment("pm_card_chargeDeclined", "").0, 402);
    assert_eq!(
        client.told(),
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed"
        ]
    );
    let challenge = |outcome| {
        let (_, pi) = client.stripe_payment(
            "pm_card_threeDSecure2Required",
            "return_url=https://shop.example/back",
        );
        assert_eq!(
            client.told(),
            ["payment_intent.created", "payment_intent.requires_action"]
        );
        let back = client.submit(&text(&pi["next_action"]["redirect_to_url"]["url"]), outcome);
        (back, client.told())
    };
    let (back, told) = challenge("outcome=authenticate");
    assert!(back.contains("redirect_status=succeeded"), "{back}");
    assert_eq!(told, ["charge.succeeded", "payment_intent.succeeded"]);
    let (back, told) = challenge("outcome=fail");
    assert!(back.contains("redirect_status=failed"), "{back}");
    assert_eq!(told, ["payment_intent.payment_failed"]);
}

#[test]
fn a_refund_may_change_its_mind() {
    let client = Client::new();
    client.stripe_endpoint();
    let refund = |card: &str| {
        let (_, pi) = client.stripe_payment(card, "");
        client.deliver();
        let refund = client.stripe_ok("POST", "refunds", &format!("payment_intent={}", text(&pi["id"])));
        client.deliver();
        refund
    };
    assert_eq!(refund("pm_card_pendingRefund")["status"], "pending");
    client.advance(TimeDelta::seconds(2));
    let deliveries = client.deliver();
    let told: Vec<_> = deliveries
        .iter()
        .map(|delivery| delivery.event_type.as_str())
        .collect();
    assert_eq!(told, ["refund.updated", "charge.refund.updated"]);
    let event = json_of(&deliveries[0]);
    assert_eq!(event["data"]["object"]["status"], "succeeded");
    assert_eq!(
        event["data"]["previous_attributes"],
        json!({ "status": "pending" })
    );

    client.fault(json!({ "fault": "refund_fails", "vendor": "stripe", "delay_ms": 60_000, "times": 1 }));
    assert_eq!(refund("pm_card_visa")["status"], "succeeded");
    client.advance(TimeDelta::seconds(59));
    assert_eq!(client.told(), [""; 0]);
    client.advance(TimeDelta::seconds(1));
    assert_eq!(
        client.told(),
        ["refund.updated", "charge.refund.updated", "refund.failed"]
    );
    assert_eq!(client.ledger().last(), Some(&(LedgerKind::RefundFailure, 2000)));
}
