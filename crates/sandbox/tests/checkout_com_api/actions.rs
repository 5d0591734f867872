//! Captures, voids, refunds, reversals: balances, order, time, limits.

use std::time::Duration;

use chrono::TimeDelta;
use http::StatusCode;
use serde_json::{Value, json};
use tillgate_sandbox::LedgerKind;

use crate::harness::{Harness, VISA, payment, with};

#[test]
fn an_automatic_capture_follows_the_authorization() {
    let harness = Harness::with_delay(Duration::from_secs(5));
    let reply = harness.post("/payments", &payment(VISA, 500)).json;
    let id = reply["id"].as_str().unwrap();
    assert_eq!(reply["status"], "Authorized");
    assert_eq!(harness.status(id), "Authorized");
    harness
        .post(&format!("/payments/{id}/voids"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
    harness.advance(TimeDelta::seconds(5));
    assert_eq!(harness.status(id), "Captured");
    assert_eq!(harness.balances(id), [500, 0, 500, 0, 0, 0, 500]);
}

#[test]
fn without_a_delay_the_creation_still_says_authorized() {
    let harness = Harness::new();
    let reply = harness.post("/payments", &payment(VISA, 500)).json;
    assert_eq!(reply["status"], "Authorized");
    assert_eq!(reply["balances"]["total_captured"], 0);
    assert_eq!(harness.status(reply["id"].as_str().unwrap()), "Captured");
}

#[test]
fn a_capture_can_be_put_off() {
    let harness = Harness::new();
    let request = with(
        payment(VISA, 500),
        json!({ "capture": false, "capture_on": "2030-01-02T10:00:00Z" }),
    );
    let id = harness.post("/payments", &request).json["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(harness.status(&id), "Authorized");
    harness.advance(TimeDelta::days(1));
    assert_eq!(harness.status(&id), "Captured");
}

#[test]
fn a_capture_is_accepted_first_and_effective_later() {
    let harness = Harness::with_delay(Duration::from_secs(2));
    let id = harness.authorize(1000);
    let captures = format!("/payments/{id}/captures");
    let reply = harness.post(&captures, &json!({ "reference": "CAP-1" }));
    assert_eq!(
        (reply.status, &reply.json["reference"]),
        (StatusCode::ACCEPTED, &json!("CAP-1"))
    );
    assert!(
        reply.json["_links"]["payment"]["href"]
            .as_str()
            .unwrap()
            .ends_with(&id)
    );
    assert_eq!(harness.balances(&id), [1000, 0, 0, 0, 1000, 1000, 0]);
    assert_eq!(
        harness
            .get(&format!("/payments/{id}/actions"))
            .json
            .as_array()
            .unwrap()
            .len(),
        1
    );
    harness
        .post(&captures, &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
    harness
        .post(&format!("/payments/{id}/refunds"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
    harness.advance(TimeDelta::seconds(2));
    let actions = harness.get(&format!("/payments/{id}/actions")).json;
    assert_eq!(
        (&actions[0]["type"], &actions[1]["type"]),
        (&json!("Capture"), &json!("Authorization"))
    );
    assert_eq!(
        (&actions[0]["id"], &actions[0]["approved"]),
        (&reply.json["action_id"], &json!(true))
    );
    assert_eq!(actions[0]["processed_on"], "2030-01-01T10:00:02.000Z");
    assert_eq!(harness.status(&id), "Captured");
}

#[test]
fn several_captures_until_the_final_one() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    let captures = format!("/payments/{id}/captures");
    let part = |amount: u64, capture_type: &str| {
        harness.post(
            &captures,
            &json!({ "amount": amount, "capture_type": capture_type }),
        )
    };
    assert_eq!(
        part(1001, "NonFinal").error_codes(),
        ["capture_value_greater_than_authorized"]
    );
    assert_eq!(part(300, "NonFinal").status, StatusCode::ACCEPTED);
    assert_eq!(harness.status(&id), "Partially Captured");
    assert_eq!(harness.balances(&id), [1000, 0, 300, 0, 700, 700, 300]);
    let over = part(701, "NonFinal");
    assert_eq!(
        over.error_codes(),
        ["capture_value_greater_than_remaining_authorized"]
    );
    assert_eq!(over.json["error_type"], "processing_error");
    assert_eq!(part(200, "Final").status, StatusCode::ACCEPTED);
    assert_eq!(harness.balances(&id), [1000, 0, 500, 0, 0, 0, 500]);
    part(1, "Final").assert_empty(StatusCode::FORBIDDEN);
    assert_eq!(part(1, "Whole").error_codes(), ["capture_type_invalid"]);
    assert_eq!(part(0, "Final").error_codes(), ["amount_invalid"]);
}

#[test]
fn a_void_releases_everything_once() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    let voids = format!("/payments/{id}/voids");
    assert_eq!(
        harness.post(&voids, &json!({ "reference": "V" })).status,
        StatusCode::ACCEPTED
    );
    assert_eq!(harness.status(&id), "Voided");
    assert_eq!(harness.balances(&id), [1000, 1000, 0, 0, 0, 0, 0]);
    for action in ["voids", "captures", "refunds"] {
        harness
            .post(&format!("/payments/{id}/{action}"), &Value::Null)
            .assert_empty(StatusCode::FORBIDDEN);
    }
}

#[test]
fn a_void_releases_what_a_capture_has_left() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    let part = json!({ "amount": 300, "capture_type": "NonFinal" });
    harness.post(&format!("/payments/{id}/captures"), &part);
    let voids = format!("/payments/{id}/voids");
    assert_eq!(harness.post(&voids, &Value::Null).status, StatusCode::ACCEPTED);
    assert_eq!(harness.status(&id), "Partially Captured");
    assert_eq!(harness.balances(&id), [1000, 700, 300, 0, 0, 0, 300]);
    for action in ["voids", "captures"] {
        harness
            .post(&format!("/payments/{id}/{action}"), &Value::Null)
            .assert_empty(StatusCode::FORBIDDEN);
    }
    harness.advance(TimeDelta::days(8));
    let ledger = harness.sandbox.ledger();
    let amounts: Vec<_> = ledger.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [1000, 300, 700]);
}

#[test]
fn a_void_after_a_capture_is_forbidden() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    harness.post(&format!("/payments/{id}/captures"), &Value::Null);
    harness
        .post(&format!("/payments/{id}/voids"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);
    assert_eq!(harness.status(&id), "Captured");
}

#[test]
fn refunds_never_exceed_what_was_captured() {
    let harness = Harness::with_delay(Duration::from_secs(1));
    let id = harness.authorize(1000);
    harness.post(&format!("/payments/{id}/captures"), &json!({ "amount": 800 }));
    harness.advance(TimeDelta::seconds(1));
    let refunds = format!("/payments/{id}/refunds");
    assert_eq!(
        harness.post(&refunds, &json!({ "amount": 801 })).error_codes(),
        ["refund_amount_exceeds_balance"]
    );
    assert_eq!(
        harness.post(&refunds, &json!({ "amount": 300 })).status,
        StatusCode::ACCEPTED
    );
    // The first refund is not effective yet, but it counts.
    assert_eq!(
        harness.post(&refunds, &json!({ "amount": 501 })).error_codes(),
        ["refund_amount_exceeds_balance"]
    );
    assert_eq!(harness.status(&id), "Partially Captured");
    harness.advance(TimeDelta::seconds(1));
    assert_eq!(harness.status(&id), "Partially Refunded");
    assert_eq!(harness.balances(&id), [1000, 0, 800, 300, 0, 0, 500]);
    assert_eq!(
        harness.post(&refunds, &Value::Null).status,
        StatusCode::ACCEPTED,
        "no amount is the rest"
    );
    harness.advance(TimeDelta::seconds(1));
    assert_eq!(harness.status(&id), "Refunded");
    assert_eq!(
        harness.post(&refunds, &Value::Null).error_codes(),
        ["refund_amount_exceeds_balance"]
    );
}

#[test]
fn a_refund_can_name_its_capture() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    let part = json!({ "amount": 300, "capture_type": "NonFinal" });
    let capture = harness.post(&format!("/payments/{id}/captures"), &part).json["action_id"].clone();
    harness.post(&format!("/payments/{id}/captures"), &Value::Null);
    let refunds = format!("/payments/{id}/refunds");
    let refund = |amount: u64, capture: &Value| {
        harness.post(
            &refunds,
            &json!({ "amount": amount, "capture_action_id": capture }),
        )
    };
    assert_eq!(
        refund(301, &capture).error_codes(),
        ["refund_amount_exceeds_balance"]
    );
    assert_eq!(
        refund(1, &json!("act_other")).error_codes(),
        ["capture_action_id_invalid"]
    );
    assert_eq!(refund(300, &capture).status, StatusCode::ACCEPTED);
}

#[test]
fn a_reversal_voids_or_refunds_once() {
    let harness = Harness::new();
    let authorized = harness.authorize(1000);
    let captured = harness.authorize(1000);
    harness.post(&format!("/payments/{captured}/captures"), &Value::Null);
    for (id, status) in [(&authorized, "Voided"), (&captured, "Refunded")] {
        let reversals = format!("/payments/{id}/reversals");
        assert_eq!(harness.post(&reversals, &json!({})).status, StatusCode::ACCEPTED);
        assert_eq!(harness.status(id), status);
        harness
            .post(&reversals, &json!({}))
            .assert_empty(StatusCode::NO_CONTENT);
    }
}

#[test]
fn an_authorization_expires() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    harness.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(harness.status(&id), "Authorized");
    harness.advance(TimeDelta::seconds(1));
    assert_eq!(harness.status(&id), "Expired");
    let captures = format!("/payments/{id}/captures");
    assert_eq!(
        harness.post(&captures, &Value::Null).error_codes(),
        ["payment_expired"]
    );
    assert_eq!(harness.balances(&id), [1000, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn what_is_left_of_a_part_captured_authorization_expires() {
    let harness = Harness::new();
    let id = harness.authorize(1000);
    let captures = format!("/payments/{id}/captures");
    harness.post(&captures, &json!({ "amount": 300, "capture_type": "NonFinal" }));
    harness.advance(TimeDelta::days(7));
    assert_eq!(
        harness.post(&captures, &Value::Null).error_codes(),
        ["payment_expired"]
    );
    assert_eq!(harness.status(&id), "Partially Captured");
    assert_eq!(harness.balances(&id), [1000, 0, 300, 0, 0, 0, 300]);
}

#[test]
fn the_ledger_has_every_effect_with_its_key() {
    let harness = Harness::new();
    let request = with(
        payment(VISA, 900),
        json!({ "reference": "R", "metadata": { "order": "o" } }),
    );
    let post = http::Method::POST;
    let key = crate::harness::SECRET_KEY;
    let id = harness
        .call(post.clone(), "/payments", key, Some("k1"), &request)
        .json["id"]
        .clone();
    let id = id.as_str().unwrap();
    harness.call(
        post,
        &format!("/payments/{id}/refunds"),
        key,
        Some("k2"),
        &json!({ "amount": 400 }),
    );
    let voided = harness.authorize(70);
    harness.post(&format!("/payments/{voided}/voids"), &Value::Null);
    let ledger = harness.sandbox.ledger();
    let seen: Vec<_> = ledger
        .iter()
        .map(|entry| (entry.kind, entry.amount, entry.idempotency_key.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (LedgerKind::Authorize, 900, Some("k1")),
            (LedgerKind::Capture, 900, Some("k1")),
            (LedgerKind::Refund, 400, Some("k2")),
            (LedgerKind::Authorize, 70, None),
            (LedgerKind::Void, 70, None),
        ]
    );
    assert_eq!(
        (ledger[0].payment_id.as_str(), ledger[0].our_reference.as_deref()),
        (id, Some("R"))
    );
    assert_eq!(
        (ledger[0].currency.as_str(), &ledger[0].metadata["order"]),
        ("USD", &json!("o"))
    );
}
