//! Captures, voids and refunds at Checkout.com, which are accepted first and done later.

use serde_json::{Value, json};
use tillgate_gateways::{ActionOutcome, Gateway, Method, RefusalKind};

use crate::support::{checkout_com, empty, request, response};

fn retrieved(actions: &Value) -> ActionOutcome {
    checkout_com().read_retrieved_action("act_x", &request(Method::Get), &response(200, actions))
}

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
    let forbidden = gateway.read_action(&request(Method::Post), &empty(403));
    assert!(
        matches!(&forbidden, ActionOutcome::Refused(refusal) if refusal.kind == RefusalKind::NotPermitted)
    );
    let mut again = empty(403);
    again.resent = true;
    assert!(matches!(
        gateway.read_action(&request(Method::Post), &again),
        ActionOutcome::Unknown(_)
    ));
}

#[test]
fn the_verdict_is_in_the_actions() {
    let action = |id: &str, approved: Value| {
        json!({"id": id, "type": "Capture", "amount": 100, "approved": approved, "response_code": "20109",
            "response_summary": "Capture too large"})
    };
    assert!(matches!(
        retrieved(&json!([
            action("act_o", json!(false)),
            action("act_x", json!(true))
        ])),
        ActionOutcome::Done(_)
    ));
    let failed = retrieved(&json!([action("act_x", json!(false))]));
    assert!(
        matches!(&failed, ActionOutcome::Failed(decline) if decline.code == "20109"),
        "{failed:?}"
    );
    assert!(matches!(
        retrieved(&json!([action("act_x", Value::Null)])),
        ActionOutcome::Accepted(_)
    ));
    assert!(matches!(
        retrieved(&json!([action("act_o", json!(true))])),
        ActionOutcome::Accepted(_)
    ));
    assert!(matches!(retrieved(&json!({})), ActionOutcome::Unknown(_)));
}
