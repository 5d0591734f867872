//! The life of a PaymentIntent.

mod stripe_support;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stripe_support::{Shop, id};

fn effects(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter()
        .map(|(kind, amount)| ((*kind).to_owned(), *amount))
        .collect()
}

#[test]
fn an_automatic_payment_succeeds_and_shows_every_field() {
    let shop = Shop::open();
    let pi = shop
        .pay(
            "pm_card_visa",
            "metadata[order_id]=QWERtyUpBa&expand[]=latest_charge",
        )
        .ok();
    assert_eq!(pi["status"], "succeeded");
    assert_eq!(pi["amount_received"], 2000);
    assert_eq!(pi["metadata"], json!({ "order_id": "QWERtyUpBa" }));
    assert!(
        pi["client_secret"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}_secret_", id(&pi)))
    );
    assert_ne!(pi["payment_method"], "pm_card_visa");
    for field in [
        "next_action",
        "last_payment_error",
        "customer",
        "canceled_at",
        "shipping",
        "processing",
    ] {
        assert_eq!(pi.get(field), Some(&Value::Null), "{field}");
    }
    let charge = &pi["latest_charge"];
    assert_eq!(charge["paid"], true);
    assert_eq!(charge["amount_captured"], 2000);
    assert_eq!(charge["payment_method_details"]["card"]["last4"], "4242");
    assert_eq!(
        shop.get(&format!("/v1/charges/{}", id(charge))).ok()["payment_intent"],
        pi["id"]
    );
    assert_eq!(shop.ledger(), effects(&[("authorize", 2000), ("capture", 2000)]));
}

#[test]
fn a_payment_without_a_method_waits_for_one_then_for_its_confirmation() {
    let shop = Shop::open();
    let pi = shop
        .post(
            "/v1/payment_intents",
            "amount=2000&currency=eur&payment_method_types[0]=card",
        )
        .ok();
    assert_eq!(pi["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}", id(&pi));
    assert_eq!(
        shop.post(&format!("{path}/confirm"), "").refused(400)["code"],
        "payment_intent_unexpected_state"
    );
    let pi = shop
        .post(
            &path,
            "payment_method=pm_card_mastercard&amount=2500&description=Boots",
        )
        .ok();
    assert_eq!(pi["status"], "requires_confirmation");
    assert_eq!(
        (&pi["amount"], &pi["description"]),
        (&json!(2500), &json!("Boots"))
    );
    let pi = shop.post(&format!("{path}/confirm"), "").ok();
    assert_eq!(pi["status"], "succeeded");
    assert_eq!(
        shop.post(&path, "amount=1000").refused(400)["code"],
        "payment_intent_unexpected_state"
    );
    assert_eq!(
        shop.post(&path, "metadata[a]=b").ok()["metadata"],
        json!({ "a": "b" })
    );
}

#[test]
fn a_hold_is_captured_in_part_and_never_beyond() {
    let shop = Shop::open();
    let pi = shop
        .pay("pm_card_visa", "capture_method=manual&expand[]=latest_charge")
        .ok();
    assert_eq!(
        (&pi["status"], &pi["amount_capturable"]),
        (&json!("requires_capture"), &json!(2000))
    );
    assert_eq!(pi["latest_charge"]["captured"], false);
    let path = format!("/v1/payment_intents/{}/capture", id(&pi));
    assert_eq!(
        shop.post(&path, "amount_to_capture=2001").refused(400)["param"],
        "amount_to_capture"
    );
    assert_eq!(
        shop.post(&path, "amount_to_capture=0").refused(400)["code"],
        "parameter_invalid_integer"
    );
    let pi = shop.post(&path, "amount_to_capture=1500").ok();
    assert_eq!(
        (&pi["status"], &pi["amount_received"], &pi["amount_capturable"]),
        (&json!("succeeded"), &json!(1500), &json!(0))
    );
    let error = shop.post(&path, "").refused(400);
    assert_eq!(error["code"], "payment_intent_unexpected_state");
    assert_eq!(error["payment_intent"]["status"], "succeeded");
    assert_eq!(
        shop.ledger(),
        effects(&[("authorize", 2000), ("capture", 1500), ("release", 500)])
    );
}

#[test]
fn several_captures_end_with_the_final_one() {
    let shop = Shop::open();
    let form = "amount=10000&currency=eur&confirm=true&payment_method_types[]=card&payment_method=pm_card_visa&capture_method=manual\
         &payment_method_options[card][request_multicapture]=if_available";
    let pi = shop.post("/v1/payment_intents", form).ok();
    let path = format!("/v1/payment_intents/{}", id(&pi));
    let pi = shop
        .post(
            &format!("{path}/capture"),
            "amount_to_capture=2000&final_capture=false",
        )
        .ok();
    assert_eq!(
        (&pi["status"], &pi["amount_received"], &pi["amount_capturable"]),
        (&json!("requires_capture"), &json!(2000), &json!(8000))
    );
    let pi = shop
        .post(&format!("{path}/capture"), "amount_to_capture=5000")
        .ok();
    assert_eq!(
        (&pi["status"], &pi["amount_received"], &pi["amount_capturable"]),
        (&json!("succeeded"), &json!(7000), &json!(0))
    );
}

#[test]
fn canceling_releases_the_hold_and_the_charge_looks_refunded() {
    let shop = Shop::open();
    let pi = shop.pay("pm_card_visa", "capture_method=manual").ok();
    let path = format!("/v1/payment_intents/{}", id(&pi));
    assert_eq!(
        shop.post(&format!("{path}/cancel"), "cancellation_reason=bored")
            .refused(400)["param"],
        "cancellation_reason"
    );
    let pi = shop
        .post(
            &format!("{path}/cancel"),
            "cancellation_reason=abandoned&expand[]=latest_charge",
        )
        .ok();
    assert_eq!(
        (&pi["status"], &pi["cancellation_reason"]),
        (&json!("canceled"), &json!("abandoned"))
    );
    let charge = &pi["latest_charge"];
    assert_eq!(
        (
            &charge["refunded"],
            &charge["amount_refunded"],
            &charge["captured"]
        ),
        (&json!(true), &json!(2000), &json!(false))
    );
    let refunds = shop.get(&format!("/v1/refunds?charge={}", id(charge))).ok();
    assert_eq!(refunds["data"][0]["amount"], 2000);
    assert_eq!(
        shop.post(&format!("{path}/cancel"), "").refused(400)["code"],
        "payment_intent_unexpected_state"
    );
    assert_eq!(
        shop.post(&format!("{path}/capture"), "").refused(400)["code"],
        "payment_intent_unexpected_state"
    );
    assert_eq!(shop.ledger(), effects(&[("authorize", 2000), ("void", 2000)]));
}

#[test]
fn a_hold_lapses_after_seven_days() {
    let shop = Shop::open();
    let pi = shop.pay("pm_card_visa", "capture_method=manual").ok();
    let path = format!("/v1/payment_intents/{}", id(&pi));
    shop.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(shop.get(&path).ok()["status"], "requires_capture");
    shop.clock.advance(TimeDelta::seconds(1));
    let pi = shop.get(&path).ok();
    assert_eq!(
        (&pi["status"], &pi["cancellation_reason"]),
        (&json!("canceled"), &json!("automatic"))
    );
}

#[test]
fn a_decline_leaves_the_payment_open_for_another_card() {
    let shop = Shop::open();
    let error = shop
        .pay("pm_card_visa_chargeDeclinedInsufficientFunds", "")
        .refused(402);
    assert_eq!(
        (&error["type"], &error["code"], &error["decline_code"]),
        (
            &json!("card_error"),
            &json!("card_declined"),
            &json!("insufficient_funds")
        )
    );
    let pi = &error["payment_intent"];
    assert_eq!(
        (&pi["status"], &pi["payment_method"]),
        (&json!("requires_payment_method"), &Value::Null)
    );
    assert_eq!(pi["last_payment_error"]["charge"], error["charge"]);
    let charge = shop
        .get(&format!("/v1/charges/{}", error["charge"].as_str().unwrap()))
        .ok();
    assert_eq!(
        (&charge["status"], &charge["failure_code"]),
        (&json!("failed"), &json!("card_declined"))
    );
    let path = format!("/v1/payment_intents/{}/confirm", id(pi));
    let pi = shop
        .post(
            &path,
            "payment_method_data[type]=card&payment_method_data[card][token]=tok_visa",
        )
        .ok();
    assert_eq!(
        (&pi["status"], &pi["last_payment_error"]),
        (&json!("succeeded"), &Value::Null)
    );
}

#[test]
fn each_declining_card_has_its_own_code() {
    let shop = Shop::open();
    for (method, code, decline_code) in [
        (
            "pm_card_chargeDeclined",
            "card_declined",
            json!("generic_decline"),
        ),
        (
            "pm_card_visa_chargeDeclinedLostCard",
            "card_declined",
            json!("lost_card"),
        ),
        (
            "pm_card_visa_chargeDeclinedStolenCard",
            "card_declined",
            json!("stolen_card"),
        ),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", Value::Null),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", Value::Null),
        (
            "pm_card_chargeDeclinedProcessingError",
            "processing_error",
            Value::Null,
        ),
        (
            "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
            "card_declined",
            json!("card_velocity_exceeded"),
        ),
        ("pm_card_radarBlock", "card_declined", json!("fraudulent")),
    ] {
        let error = shop.pay(method, "").refused(402);
        assert_eq!(
            (&error["code"], &error["decline_code"]),
            (&json!(code), &decline_code),
            "{method}"
        );
    }
    assert_eq!(shop.ledger(), []);
}

#[test]
fn lists_are_newest_first_and_paged() {
    let shop = Shop::open();
    let ids: Vec<String> = (0..5).map(|_| shop.pay("pm_card_visa", "").id()).collect();
    let first = shop.get("/v1/payment_intents?limit=2").ok();
    assert_eq!(
        (&first["data"][0]["id"], &first["has_more"]),
        (&json!(ids[4]), &json!(true))
    );
    let next = shop
        .get(&format!("/v1/payment_intents?limit=10&starting_after={}", ids[3]))
        .ok();
    assert_eq!(next["data"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&next["data"][0]["id"], &next["has_more"]),
        (&json!(ids[2]), &json!(false))
    );
    let before = shop
        .get(&format!("/v1/payment_intents?limit=2&ending_before={}", ids[1]))
        .ok();
    assert_eq!(
        (&before["data"][0]["id"], &before["data"][1]["id"]),
        (&json!(ids[3]), &json!(ids[2]))
    );
    assert_eq!(
        shop.get("/v1/payment_intents?created[gt]=4000000000").ok()["data"],
        json!([])
    );
}
