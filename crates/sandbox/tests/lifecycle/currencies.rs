//! Zero, two and three decimals through every operation.

use serde_json::{Value, json};
use tillgate_sandbox::LedgerKind;

use crate::client::{Client, VISA, text};

/// Currency, an amount in its smallest unit, and a part of it.
const AMOUNTS: [(&str, i64, i64); 4] = [
    ("JPY", 5000, 1233),
    ("EUR", 5000, 1233),
    ("KWD", 50_000, 12_330),
    ("BHD", 50_000, 12_330),
];

fn expected(amount: i64, part: i64) -> [(LedgerKind, i64); 5] {
    [
        (LedgerKind::Authorize, amount),
        (LedgerKind::Capture, part),
        (LedgerKind::Capture, part),
        (LedgerKind::Release, amount - 2 * part),
        (LedgerKind::Refund, part),
    ]
}

#[test]
fn stripe_keeps_every_currency_s_units() {
    for (currency, amount, part) in AMOUNTS {
        let client = Client::new();
        let currency = currency.to_lowercase();
        let form = format!(
            "amount={amount}&currency={currency}&confirm=true&payment_method=pm_card_visa&capture_method=manual\
             &payment_method_types[]=card&payment_method_options[card][request_multicapture]=if_available"
        );
        let pi = text(&client.stripe_ok("POST", "payment_intents", &form)["id"]);
        let path = format!("payment_intents/{pi}/capture");
        client.stripe_ok(
            "POST",
            &path,
            &format!("amount_to_capture={part}&final_capture=false"),
        );
        client.stripe_ok("POST", &path, &format!("amount_to_capture={part}"));
        client.stripe_ok("POST", "refunds", &format!("payment_intent={pi}&amount={part}"));
        assert_eq!(client.ledger(), expected(amount, part), "{currency}");
        let over = format!("payment_intent={pi}&amount={}", part + 10);
        assert_eq!(client.stripe("POST", "refunds", &over).0, 400);
    }
}

#[test]
fn checkout_com_keeps_every_currency_s_units() {
    for (currency, amount, part) in AMOUNTS {
        let client = Client::new();
        let amount_sent = u64::try_from(amount).unwrap();
        let more = json!({ "currency": currency, "capture": false });
        let id = client.checkout_com_payment(VISA, amount_sent, more);
        client.act(
            &id,
            "captures",
            json!({ "amount": part, "capture_type": "NonFinal" }),
        );
        client.act(&id, "captures", json!({ "amount": part }));
        client.act(&id, "refunds", json!({ "amount": part }));
        assert_eq!(client.ledger(), expected(amount, part), "{currency}");
        let over = json!({ "amount": part + 10 });
        let (status, body) = client.checkout_com("POST", &format!("payments/{id}/refunds"), &over);
        assert_eq!(
            (status, &body["error_codes"]),
            (422, &json!(["refund_amount_exceeds_balance"]))
        );
        let (status, _) = client.checkout_com("POST", &format!("payments/{id}/voids"), &Value::Null);
        assert_eq!(status, 403);
    }
}

#[test]
fn thousandths_that_no_card_can_carry_are_refused_in_every_operation() {
    let client = Client::new();
    let form = "amount=50000&currency=kwd&confirm=true&payment_method=pm_card_visa&payment_method_types[]=card\
                &capture_method=manual";
    let pi = text(&client.stripe_ok("POST", "payment_intents", form)["id"]);
    let path = format!("payment_intents/{pi}/capture");
    assert_eq!(client.stripe("POST", &path, "amount_to_capture=12345").0, 400);
    client.stripe_ok("POST", &path, "amount_to_capture=12340");
    let refund = format!("payment_intent={pi}&amount=1005");
    assert_eq!(client.stripe("POST", "refunds", &refund).0, 400);

    let id = client.checkout_com_payment(VISA, 50_000, json!({ "currency": "KWD", "capture": false }));
    for action in ["captures", "refunds"] {
        let path = format!("payments/{id}/{action}");
        let (status, body) = client.checkout_com("POST", &path, &json!({ "amount": 12_345 }));
        assert_eq!((status, &body["error_codes"]), (422, &json!(["amount_invalid"])));
    }
}
