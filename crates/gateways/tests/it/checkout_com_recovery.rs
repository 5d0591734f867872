//! Checkout.com's actions whose answers were lost, and actions from elsewhere.

use serde_json::{Value, json};
use tillgate_gateways::{
    ActionKind, ActionStatus, FindAction, FoundAction, Gateway, ListedActions, Method, RefusalKind,
};

use crate::support::{checkout_com, done, empty, money, request, response, with};

fn looking_for(kind: ActionKind) -> FindAction {
    FindAction {
        kind,
        transaction_id: "TxnTwoBBBB".to_owned(),
    }
}

fn listed(currency: &str, actions: &Value) -> ListedActions {
    let currency = currency.parse().unwrap();
    checkout_com().read_actions(currency, &request(Method::Get), &response(200, actions))
}

fn found(kind: ActionKind, actions: &Value) -> FoundAction {
    let body = json!({"id": "pay_a", "status": "Captured", "amount": 1230, "currency": "BHD"});
    let mut payment = done(checkout_com().read_payment(&request(Method::Get), &response(200, &body)));
    if let ListedActions::Listed { actions, .. } = listed("BHD", actions) {
        payment.actions = Some(actions);
    }
    checkout_com().find_action(&looking_for(kind), &payment)
}

fn action(id: &str, kind: &str, reference: &str, approved: &Value) -> Value {
    let code = if approved == &json!(true) {
        "10000"
    } else {
        "20109"
    };
    json!({"id": id, "type": kind, "amount": 1230, "reference": reference, "approved": approved,
        "response_code": code, "response_summary": "Summary", "processed_on": "2026-01-01T10:00:00Z"})
}

#[test]
fn an_action_is_found_by_our_transaction() {
    let search = checkout_com().list_actions("pay_a", None).unwrap();
    assert_eq!(
        search.url,
        "https://abcd1234.api.sandbox.checkout.com/payments/pay_a/actions"
    );
    for (kind, word) in [
        (ActionKind::Capture, "Capture"),
        (ActionKind::Cancel, "Void"),
        (ActionKind::Refund, "Refund"),
    ] {
        let find = |approved: &Value| {
            found(
                kind,
                &json!([
                    action("act_o", word, "TxnOneAAAA", &json!(true)),
                    action("act_p", "Authorization", "TxnTwoBBBB", &json!(true)),
                    action("act_x", word, "TxnTwoBBBB", approved),
                ]),
            )
        };
        let FoundAction::Done(done) = find(&json!(true)) else {
            panic!("not done")
        };
        assert_eq!(
            (done.id.as_deref(), done.amount),
            (Some("act_x"), Some(money(1230, "BHD")))
        );
        assert!(matches!(find(&json!(false)), FoundAction::Failed(decline) if decline.code == "20109"));
        assert!(
            matches!(find(&Value::Null), FoundAction::Pending(found) if found.id.as_deref() == Some("act_x"))
        );
    }
}

#[test]
fn an_action_that_is_not_found() {
    let ours = |id: &str, approved: Value| action(id, "Refund", "TxnTwoBBBB", &approved);
    let find = |actions: &Value| found(ActionKind::Refund, actions);
    assert!(matches!(find(&json!([])), FoundAction::NotFound));
    assert!(matches!(
        find(&json!([action("act_x", "Capture", "TxnTwoBBBB", &json!(true))])),
        FoundAction::NotFound
    ));
    let twice = json!([ours("act_x", json!(true)), ours("act_y", json!(true))]);
    assert!(matches!(find(&twice), FoundAction::Unknown(_)));
    let again = json!([ours("act_y", json!(true)), ours("act_x", json!(false))]);
    assert!(matches!(find(&again), FoundAction::Done(found) if found.id.as_deref() == Some("act_y")));
    assert!(matches!(find(&json!({})), FoundAction::Unknown(_)));
    assert!(
        matches!(
            listed("CLP", &json!([ours("act_x", json!(true))])),
            ListedActions::Unknown(_)
        ),
        "12.30 pesos are no amount"
    );
    let read =
        |response| checkout_com().read_actions("BHD".parse().unwrap(), &request(Method::Get), &response);
    assert!(
        matches!(read(empty(404)), ListedActions::Refused(refusal) if refusal.kind == RefusalKind::NotFound)
    );
    assert!(matches!(read(empty(502)), ListedActions::Unknown(_)));
}

#[test]
fn a_deferred_capture_is_still_to_come() {
    let deferred = with(
        action("act_x", "Capture", "TxnTwoBBBB", &json!(true)),
        &json!({"response_code": "10200", "response_summary": "Deferred capture"}),
    );
    assert!(matches!(
        found(ActionKind::Capture, &json!([deferred])),
        FoundAction::Pending(_)
    ));
}

#[test]
fn every_action_is_listed() {
    let gateway = checkout_com();
    let mut foreign = action("act_f", "Refund", "", &Value::Null);
    foreign.as_object_mut().unwrap().remove("reference");
    let all = json!([
        foreign,
        action("act_v", "Void", "TxnThree", &json!(false)),
        action("act_c", "Capture", "TxnTwoBBBB", &json!(true)),
        action("act_a", "Authorization", "TxnOneAAAA", &json!(true)),
    ]);
    let currency = "BHD".parse().unwrap();
    let read = gateway.read_actions(currency, &request(Method::Get), &response(200, &all));
    let ListedActions::Listed { actions, next: None } = read else {
        panic!("{read:?}")
    };
    let [refund, void, capture] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(
        (refund.kind, &refund.status, &refund.transaction_id),
        (ActionKind::Refund, &ActionStatus::Pending, &None)
    );
    assert!(void.kind == ActionKind::Cancel && matches!(void.status, ActionStatus::Failed(_)));
    assert_eq!(
        (capture.kind, &capture.status),
        (ActionKind::Capture, &ActionStatus::Done)
    );
    assert_eq!(
        (capture.amount, capture.transaction_id.as_deref()),
        (Some(money(1230, "BHD")), Some("TxnTwoBBBB"))
    );
    let unreadable = gateway.read_actions(currency, &request(Method::Get), &empty(200));
    assert!(matches!(unreadable, ListedActions::Unknown(_)));
}
