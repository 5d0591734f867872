//! Refunds.

mod stripe_support;

use chrono::TimeDelta;
use serde_json::json;
use stripe_support::{Shop, id};

#[test]
fn a_payment_is_refunded_in_parts_and_never_beyond() {
    let shop = Shop::open();
    let pi = shop.pay("pm_card_visa", "").ok();
    let of_pi = format!("payment_intent={}", id(&pi));
    let form = format!("{of_pi}&amount=500&reason=requested_by_customer&metadata[r]=1&expand[]=charge");
    let refund = shop.post("/v1/refunds", &form).ok();
    assert_eq!(
        (&refund["status"], &refund["amount"]),
        (&json!("succeeded"), &json!(500))
    );
    assert_eq!(
        (
            &refund["charge"]["amount_refunded"],
            &refund["charge"]["refunded"]
        ),
        (&json!(500), &json!(false))
    );
    let error = shop
        .post("/v1/refunds", &format!("{of_pi}&amount=1501"))
        .refused(400);
    assert_eq!((&error["param"], error.get("code")), (&json!("amount"), None));
    assert_eq!(
        shop.post("/v1/refunds", &format!("{of_pi}&reason=mood"))
            .refused(400)["param"],
        "reason"
    );
    let rest = shop
        .post(
            "/v1/refunds",
            &format!("charge={}", pi["latest_charge"].as_str().unwrap()),
        )
        .ok();
    assert_eq!(rest["amount"], 1500);
    assert_eq!(
        shop.post("/v1/refunds", &of_pi).refused(400)["code"],
        "charge_already_refunded"
    );
    let list = shop.get(&format!("/v1/refunds?{of_pi}")).ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let path = format!("/v1/refunds/{}", id(&refund));
    assert_eq!(
        shop.post(&path, "metadata[r]=2").ok()["metadata"],
        json!({ "r": "2" })
    );
    assert_eq!(shop.post(&format!("{path}/cancel"), "").status, 400);
}

#[test]
fn only_what_was_captured_can_be_refunded() {
    let shop = Shop::open();
    assert_eq!(
        shop.post("/v1/refunds", "amount=5").refused(400)["code"],
        "parameter_missing"
    );
    assert_eq!(
        shop.post("/v1/refunds", "payment_intent=pi_none").refused(400)["code"],
        "resource_missing"
    );
    let pi = shop.pay("pm_card_visa", "capture_method=manual").ok();
    let of_pi = format!("payment_intent={}", id(&pi));
    let error = shop.post("/v1/refunds", &of_pi).refused(400);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("has a status of requires_capture")
    );
    shop.post(
        &format!("/v1/payment_intents/{}/capture", id(&pi)),
        "amount_to_capture=700",
    )
    .ok();
    assert_eq!(
        shop.post("/v1/refunds", &format!("{of_pi}&amount=701")).status,
        400
    );
    assert_eq!(shop.post("/v1/refunds", &of_pi).ok()["amount"], 700);
    let disputed = shop.pay("pm_card_createDispute", "").ok();
    let error = shop
        .post("/v1/refunds", &format!("payment_intent={}", id(&disputed)))
        .refused(400);
    assert_eq!(error["code"], "charge_disputed");
}

#[test]
fn refunds_of_some_cards_change_later() {
    let shop = Shop::open();
    let refund = |method: &str| {
        let pi = shop.pay(method, "").ok();
        shop.post("/v1/refunds", &format!("payment_intent={}", id(&pi)))
            .ok()
    };
    let (pending, failing) = (refund("pm_card_pendingRefund"), refund("pm_card_refundFail"));
    assert_eq!(
        (&pending["status"], &failing["status"]),
        (&json!("pending"), &json!("succeeded"))
    );
    let refunded = |shop: &Shop| {
        shop.ledger()
            .iter()
            .filter(|(kind, _)| kind == "refund")
            .map(|(_, amount)| amount)
            .sum::<i64>()
    };
    assert_eq!(refunded(&shop), 2000);
    shop.clock.advance(TimeDelta::seconds(10));
    let read = |refund: &serde_json::Value| {
        shop.get(&format!("/v1/refunds/{}?expand[]=charge", id(refund)))
            .ok()
    };
    assert_eq!(read(&pending)["status"], "succeeded");
    let failed = read(&failing);
    assert_eq!(
        (&failed["status"], &failed["charge"]["amount_refunded"]),
        (&json!("failed"), &json!(0))
    );
    assert_eq!(refunded(&shop), 4000);
    assert_eq!(shop.ledger().len(), 7);
    assert!(shop.ledger().contains(&("refund_failure".to_owned(), 2000)));
}
