//! Captures, voids and refunds at Checkout.com, which accepts them first and does them later.

use serde_json::json;
use tillgate_gateways::{ActionOutcome, Gateway, Method, PspRequest, PspResponse, RefusalKind};

use crate::support::{checkout_com, empty, request, response};

#[test]
fn accepted_is_not_done() {
    let gateway = checkout_com();
    let body = json!({"action_id": "act_x", "reference": "TxnTwoBBBB", "_links": {"payment": {"href": "https://x"}}});
    let outcome = gateway.read_action(&request(Method::Post), &response(202, &body));
    assert!(
        matches!(&outcome, ActionOutcome::Accepted(action) if action.id.as_deref() == Some("act_x")),
        "{outcome:?}"
    );
    let unreadable = gateway.read_action(&request(Method::Post), &empty(202));
    assert!(matches!(unreadable, ActionOutcome::Unknown(_)));
}

/// A status has another meaning for an action than for a payment: 403 is about the payment's state, and has no body.
#[test]
fn what_is_refused_and_why() {
    let gateway = checkout_com();
    let ask = |path: &str, resent: bool, answer: PspResponse| {
        let request = PspRequest {
            url: format!("https://psp.example{path}"),
            ..request(Method::Post)
        };
        let answer = PspResponse { resent, ..answer };
        match gateway.read_action(&request, &answer) {
            ActionOutcome::Refused(refusal) => Some(refusal.kind),
            ActionOutcome::Unknown(_) => None,
            other => panic!("{other:?}"),
        }
    };
    let business = |code: &str| {
        response(
            422,
            &json!({"request_id": "r", "error_type": "processing_error", "error_codes": [code]}),
        )
    };
    let conflict = Some(RefusalKind::Conflict);
    for path in ["captures", "voids", "refunds", "reversals"] {
        let path = format!("/payments/pay_a/{path}");
        for (answer, kind) in [
            (empty(401), Some(RefusalKind::Credentials)),
            (empty(403), conflict),
            (empty(404), Some(RefusalKind::NotFound)),
            (business("payment_expired"), conflict),
            (business("action_failure_limit_exceeded"), conflict),
            (business("capture_value_greater_than_authorized"), conflict),
            (
                business("capture_value_greater_than_remaining_authorized"),
                conflict,
            ),
            (business("refund_amount_exceeds_balance"), conflict),
            (business("amount_exceeds_balance"), conflict),
            (business("amount_invalid"), Some(RefusalKind::InvalidRequest)),
            (business("service_unavailable"), None),
            (empty(409), None),
            (empty(422), None),
            (empty(429), None),
            (empty(500), None),
            (empty(502), None),
        ] {
            assert_eq!(ask(&path, false, answer.clone()), kind, "{path}: {answer:?}");
            // For a request that was sent before, only a complaint about a parameter is certain.
            let again = kind.filter(|kind| *kind == RefusalKind::InvalidRequest);
            assert_eq!(
                ask(&path, true, answer.clone()),
                again,
                "{path} again: {answer:?}"
            );
        }
    }
    assert_eq!(
        ask("/payments", false, empty(403)),
        Some(RefusalKind::NotPermitted)
    );
}
