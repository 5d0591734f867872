//! Captures, cancellations and refunds at Stripe.

use serde_json::{Value, json};
use tillgate_gateways::{ActionOutcome, Gateway, Method, PaymentStatus, RefusalKind};

use crate::{
    stripe_payments::intent,
    support::{money, request, response, stripe, with},
};

fn read(status: u16, body: &Value) -> ActionOutcome {
    stripe().read_action(&request(Method::Post), &response(status, body))
}

#[test]
fn a_capture_is_done_at_once() {
    let body = json!({"status": "succeeded", "amount_received": 1500, "amount_capturable": 0});
    let ActionOutcome::Done(action) = read(200, &with(intent(), &body)) else {
        panic!("not done")
    };
    let payment = action.payment.unwrap();
    assert_eq!(
        (payment.status, payment.amount_captured),
        (PaymentStatus::Captured, Some(money(1500, "EUR")))
    );
    assert_eq!(action.id.as_deref(), Some("ch_D"));
}

#[test]
fn a_payment_that_did_not_move_is_no_success() {
    assert!(matches!(
        read(200, &with(intent(), &json!({"status": "canceled"}))),
        ActionOutcome::Done(_)
    ));
    assert!(matches!(
        read(200, &with(intent(), &json!({"status": "processing"}))),
        ActionOutcome::Accepted(_)
    ));
    assert!(matches!(read(200, &intent()), ActionOutcome::Unknown(_)));
    assert!(matches!(
        read(200, &with(intent(), &json!({"status": "new"}))),
        ActionOutcome::Unknown(_)
    ));
}

#[test]
fn refunds() {
    let refund = |status: Value| {
        read(
            200,
            &json!({"id": "re_E", "object": "refund", "status": status, "amount": 500, "currency": "eur",
            "charge": "ch_D", "payment_intent": "pi_A"}),
        )
    };
    let ActionOutcome::Done(action) = refund(json!("succeeded")) else {
        panic!("not done")
    };
    assert_eq!(
        (action.id.as_deref(), action.amount),
        (Some("re_E"), Some(money(500, "EUR")))
    );
    for pending in ["pending", "requires_action"] {
        assert!(
            matches!(refund(json!(pending)), ActionOutcome::Accepted(_)),
            "{pending}"
        );
    }
    for failed in ["failed", "canceled"] {
        assert!(matches!(refund(json!(failed)), ActionOutcome::Failed(decline) if decline.code == failed));
    }
    for unknown in [json!("new"), Value::Null] {
        assert!(matches!(refund(unknown), ActionOutcome::Unknown(_)));
    }
}

#[test]
fn failures() {
    let error =
        json!({"type": "card_error", "code": "card_declined", "message": "No.", "payment_intent": intent()});
    let declined = read(402, &json!({"error": error}));
    assert!(
        matches!(&declined, ActionOutcome::Failed(decline) if decline.code == "card_declined"),
        "{declined:?}"
    );
    let body = json!({"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}});
    let refused = read(400, &body);
    assert!(
        matches!(&refused, ActionOutcome::Refused(refusal) if refusal.kind == RefusalKind::Conflict),
        "{refused:?}"
    );
    assert!(matches!(read(500, &json!({})), ActionOutcome::Unknown(_)));
    assert!(matches!(read(200, &json!({})), ActionOutcome::Unknown(_)));
}
