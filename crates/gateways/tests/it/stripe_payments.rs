//! The meaning of Stripe's payments.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tillgate_gateways::{
    FoundOutcome, Gateway, Method, Missing, PaymentOutcome, PaymentSnapshot, PaymentStatus,
};

use crate::support::{done, money, refused, request, response, stripe, with};

/// An authorized payment, as the reference shows one.
pub fn intent() -> Value {
    json!({
        "id": "pi_A", "object": "payment_intent", "amount": 2000, "amount_capturable": 2000, "amount_received": 0,
        "currency": "eur", "status": "requires_capture", "capture_method": "manual",
        "client_secret": "pi_A_secret_B", "payment_method": "pm_C", "customer": null,
        "latest_charge": {
            "id": "ch_D", "captured": false, "paid": true, "status": "succeeded", "amount_refunded": 0,
            "payment_method_details": {
                "type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030}
            }
        },
        "last_payment_error": null, "next_action": null, "cancellation_reason": null,
        "metadata": {"order_id": "QWERtyUpBa", "transaction_id": "TxnOneAAAA"}, "livemode": false
    })
}

fn read(status: u16, body: &Value) -> PaymentOutcome {
    stripe().read_payment(&request(Method::Post), &response(status, body))
}

fn snapshot(members: &Value) -> PaymentSnapshot {
    done(read(200, &with(intent(), members)))
}

#[test]
fn an_authorized_payment_is_read_whole() {
    let snapshot = snapshot(&json!({"customer": {"id": "cus_E"}}));
    assert_eq!(snapshot.psp_id, "pi_A");
    assert_eq!(snapshot.status, PaymentStatus::Authorized);
    assert_eq!(snapshot.amount, Some(money(2000, "EUR")));
    assert_eq!(snapshot.amount_capturable, Some(money(2000, "EUR")));
    assert_eq!(snapshot.amount_captured, Some(money(0, "EUR")));
    assert_eq!(snapshot.amount_refunded, Some(money(0, "EUR")));
    assert_eq!(snapshot.charge_id.as_deref(), Some("ch_D"));
    assert_eq!(snapshot.decline, None);
    assert_eq!(
        snapshot.client_secret.as_ref().unwrap().expose_secret(),
        "pi_A_secret_B"
    );
    assert_eq!(snapshot.payment_method, Some(json!({"id": "pm_C"})));
    assert_eq!(snapshot.customer_token.as_deref(), Some("cus_E"));
    assert_eq!(snapshot.transaction_id.as_deref(), Some("TxnOneAAAA"));
    let card = serde_json::to_value(&snapshot.instrument).unwrap();
    let expected = json!({"issuer_type": "card", "card_type": "visa", "card_last_digits": "4242",
        "card_expiry_month": "8", "card_expiry_year": "2030"});
    assert_eq!(card, expected);
    assert_eq!(snapshot.response["id"], "pi_A");
    assert!(!snapshot.response.to_string().contains("secret") && !format!("{snapshot:?}").contains("secret"));
}

#[test]
fn every_status() {
    let charge = |captured: bool, refunded: i64| json!({"id": "ch_D", "captured": captured, "amount_refunded": refunded});
    let error = json!({"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor", "message": "No."});
    for (members, expected) in [
        (
            json!({"status": "requires_payment_method", "latest_charge": null}),
            PaymentStatus::RequiresInstrument,
        ),
        (
            json!({"status": "requires_payment_method", "last_payment_error": error}),
            PaymentStatus::Declined,
        ),
        (
            json!({"status": "requires_payment_method", "latest_charge": {"id": "ch_D", "status": "failed"}}),
            PaymentStatus::Declined,
        ),
        (
            json!({"status": "requires_confirmation", "last_payment_error": error}),
            PaymentStatus::RequiresConfirmation,
        ),
        (
            json!({"status": "requires_action"}),
            PaymentStatus::RequiresAction,
        ),
        (json!({"status": "processing"}), PaymentStatus::Processing),
        (
            json!({"amount_capturable": 500, "amount_received": 1500}),
            PaymentStatus::PartiallyCaptured,
        ),
        (
            json!({"status": "succeeded", "amount_received": 1500, "amount_capturable": 0}),
            PaymentStatus::Captured,
        ),
        (
            json!({"status": "succeeded", "amount_received": 2000, "latest_charge": charge(true, 500)}),
            PaymentStatus::PartiallyRefunded,
        ),
        (
            json!({"status": "succeeded", "amount_received": 2000, "latest_charge": charge(true, 2000)}),
            PaymentStatus::Refunded,
        ),
        (
            json!({"status": "canceled", "cancellation_reason": "abandoned"}),
            PaymentStatus::Canceled,
        ),
        (
            json!({"status": "canceled", "cancellation_reason": "automatic"}),
            PaymentStatus::Expired,
        ),
        (
            json!({"status": "dreaming"}),
            PaymentStatus::Unknown("dreaming".to_owned()),
        ),
    ] {
        let snapshot = snapshot(&members);
        assert_eq!(snapshot.status, expected, "{members}");
        assert_eq!(
            snapshot.decline.is_some(),
            expected == PaymentStatus::Declined,
            "{members}"
        );
    }
}

#[test]
fn a_released_hold_is_not_a_refund() {
    let charge = json!({"id": "ch_D", "captured": false, "refunded": true, "amount_refunded": 2000});
    let snapshot = snapshot(&json!({"status": "canceled", "amount_capturable": 0, "latest_charge": charge}));
    assert_eq!(
        (snapshot.status, snapshot.amount_refunded),
        (PaymentStatus::Canceled, Some(money(0, "EUR")))
    );
}

#[test]
fn ids_stand_for_objects() {
    let with_ids = snapshot(&json!({"latest_charge": "ch_D", "payment_method": "pm_C", "customer": "cus_E"}));
    assert_eq!(with_ids.charge_id.as_deref(), Some("ch_D"));
    assert_eq!(with_ids.amount_refunded, None, "an id doesn't tell");
    assert_eq!(with_ids.customer_token.as_deref(), Some("cus_E"));
    let card = json!({"brand": "amex", "last4": "0005", "exp_month": 1, "exp_year": 2031});
    let with_object = snapshot(
        &json!({"latest_charge": null, "payment_method": {"id": "pm_F", "type": "card", "card": card}}),
    );
    assert_eq!(with_object.payment_method.unwrap()["id"], "pm_F");
    assert_eq!(with_object.instrument.unwrap().card_type.as_deref(), Some("amex"));
}

#[test]
fn a_next_action_may_lack_its_body() {
    let url = "https://hooks.stripe.com/3d_secure_2/hosted?payment_intent_client_secret=pi_A_secret_B";
    let redirect =
        json!({"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": "https://shop/"}});
    for (next_action, expected) in [
        (redirect, Some(url)),
        (json!({"type": "redirect_to_url"}), None),
        (
            json!({"type": "use_stripe_sdk", "use_stripe_sdk": {"opaque": 1}}),
            None,
        ),
        (json!({"type": "something_new"}), None),
    ] {
        let snapshot = snapshot(&json!({"status": "requires_action", "next_action": next_action}));
        assert_eq!(snapshot.redirect_url.as_deref(), expected);
        assert!(!snapshot.response.to_string().contains("pi_A_secret_B"));
    }
}

fn declined(members: &Value) -> Value {
    let intent = json!({"status": "requires_payment_method", "payment_method": null, "latest_charge": "ch_D",
        "amount_capturable": 0});
    let error = json!({
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.", "charge": "ch_D",
        "payment_intent": with(self::intent(), &intent), "payment_method": {"id": "pm_X", "object": "payment_method"}
    });
    json!({"error": with(error, members)})
}

#[test]
fn a_402_is_an_error_and_a_payment() {
    let snapshot = done(read(402, &declined(&json!({}))));
    assert_eq!(
        (snapshot.psp_id.as_str(), snapshot.status),
        ("pi_A", PaymentStatus::Declined)
    );
    assert_eq!(snapshot.charge_id.as_deref(), Some("ch_D"));
    assert_eq!(snapshot.payment_method.unwrap()["id"], "pm_X");
    assert_eq!(snapshot.transaction_id.as_deref(), Some("TxnOneAAAA"));
    let decline = snapshot.decline.unwrap();
    assert_eq!(
        (decline.code.as_str(), decline.message.as_str()),
        ("insufficient_funds", "Your card has insufficient funds.")
    );
    assert_eq!(snapshot.response["error"]["code"], "card_declined");
    assert!(!snapshot.response.to_string().contains("pi_A_secret_B"));
    let lost = declined(&json!({"payment_intent": null}));
    assert!(
        matches!(read(402, &lost), PaymentOutcome::Unknown(_)),
        "a decline of which payment?"
    );
}

#[test]
fn a_buyer_is_not_told_of_theft_or_fraud() {
    for code in [
        "lost_card",
        "stolen_card",
        "fraudulent",
        "pickup_card",
        "restricted_card",
    ] {
        let body = declined(&json!({"decline_code": code, "message": "The owner reported it."}));
        let decline = done(read(402, &body)).decline.unwrap();
        assert_eq!(
            (decline.code.as_str(), decline.message.as_str()),
            (code, "The card was declined.")
        );
        assert_eq!(decline.detail.as_deref(), Some("The owner reported it."));
    }
    let expired = declined(&json!({"code": "expired_card", "decline_code": null, "message": "Expired."}));
    let decline = done(read(402, &expired)).decline.unwrap();
    assert_eq!(
        (decline.code.as_str(), decline.message.as_str()),
        ("expired_card", "Expired.")
    );
}

#[test]
fn what_cannot_be_read_is_unknown() {
    for body in [
        json!({"object": "payment_intent"}),
        json!([]),
        with(intent(), &json!({"amount": "2000"})),
        with(intent(), &json!({"amount": 12.5})),
        with(intent(), &json!({"currency": "zzz"})),
        with(intent(), &json!({"currency": "isk", "amount": 550})),
    ] {
        assert!(matches!(read(200, &body), PaymentOutcome::Unknown(_)), "{body}");
    }
}

#[test]
fn a_lost_payment_is_found_by_our_id() {
    let other = with(
        intent(),
        &json!({"id": "pi_B", "metadata": {"transaction_id": "Other"}}),
    );
    let find = |data: Value, has_more: bool| {
        let list = json!({"object": "list", "data": data, "has_more": has_more});
        stripe().read_found("TxnOneAAAA", &request(Method::Get), &response(200, &list))
    };
    let FoundOutcome::Found(found) = find(json!([other, intent()]), true) else {
        panic!("not found")
    };
    assert_eq!(
        (found.psp_id.as_str(), found.response["id"].as_str()),
        ("pi_A", Some("pi_A"))
    );
    assert!(matches!(find(json!([other]), false), FoundOutcome::NotFound));
    assert!(matches!(find(json!([]), false), FoundOutcome::NotFound));
    let more = find(json!([other]), true);
    assert!(
        matches!(&more, FoundOutcome::More(cursor) if cursor == "pi_B"),
        "{more:?}"
    );
    assert!(matches!(find(json!([]), true), FoundOutcome::Unknown(_)));
    assert!(matches!(find(Value::Null, false), FoundOutcome::Unknown(_)));
}

fn captured_part(charge: &Value, status: &str, received: i64) -> PaymentSnapshot {
    let details = json!({"type": "card", "card": {"brand": "visa", "multicapture": {"status": "available"}}});
    let members = json!({"id": "ch_D", "captured": true, "amount": 2000, "amount_captured": received,
        "payment_method_details": details});
    snapshot(
        &json!({"status": status, "amount_received": received, "amount_capturable": 0,
        "latest_charge": with(members, charge)}),
    )
}

#[test]
fn the_released_rest_of_a_hold_is_no_refund() {
    // Stripe's refunded amount after a capture of 1500 of 2000, and the part of it that is certainly a refund.
    for (shown, all, known, status) in [
        (0, false, Some(0), PaymentStatus::Captured),
        (499, false, Some(499), PaymentStatus::PartiallyRefunded),
        (500, false, None, PaymentStatus::Captured),
        (1500, false, None, PaymentStatus::Captured),
        (1501, false, Some(1001), PaymentStatus::PartiallyRefunded),
        (1500, true, Some(1500), PaymentStatus::Refunded),
        (2000, true, Some(1500), PaymentStatus::Refunded),
    ] {
        let snapshot = captured_part(
            &json!({"amount_refunded": shown, "refunded": all}),
            "succeeded",
            1500,
        );
        let known = known.map(|amount| money(amount, "EUR"));
        assert_eq!(
            (snapshot.amount_refunded, snapshot.status),
            (known, status),
            "{shown}"
        );
    }
    let refunded = json!({"amount_refunded": 600});
    let held = captured_part(&refunded, "requires_capture", 1500);
    assert_eq!(
        held.amount_refunded,
        Some(money(600, "EUR")),
        "nothing is released yet"
    );
    assert_eq!(
        (held.status, held.multicapture),
        (PaymentStatus::PartiallyCaptured, Some(true))
    );
    let whole = captured_part(&refunded, "succeeded", 2000);
    assert_eq!(whole.amount_refunded, Some(money(600, "EUR")));
}

#[test]
fn what_was_captured_stays_captured_after_a_cancellation() {
    let snapshot = captured_part(&json!({"amount_refunded": 0}), "canceled", 1500);
    assert_eq!(
        (snapshot.status, snapshot.amount_captured),
        (PaymentStatus::Captured, Some(money(1500, "EUR")))
    );
}

#[test]
fn a_saved_card_can_want_its_owner() {
    let intent = with(
        intent(),
        &json!({"status": "requires_payment_method", "payment_method": null, "amount_capturable": 0}),
    );
    let error = json!({"type": "card_error", "code": "authentication_required",
        "decline_code": "authentication_required", "payment_intent": intent, "payment_method": {"id": "pm_C"},
        "message": "Your card was declined. This transaction requires authentication."});
    let snapshot = done(read(402, &json!({"error": error})));
    assert_eq!(snapshot.status, PaymentStatus::Declined);
    assert_eq!(snapshot.decline.unwrap().code, "authentication_required");
}

#[test]
fn what_is_gone() {
    for (code, param, missing) in [
        (Some("resource_missing"), "customer", Some(Missing::Customer)),
        (
            Some("resource_missing"),
            "payment_method",
            Some(Missing::Instrument),
        ),
        (None, "payment_method", Some(Missing::Instrument)),
        (Some("resource_missing"), "intent", None),
        (Some("parameter_unknown"), "customer", None),
    ] {
        let error = json!({"error": {"type": "invalid_request_error", "code": code, "param": param}});
        assert_eq!(refused(read(400, &error)).missing, missing, "{code:?} {param}");
    }
}
