//! Stripe's actions whose answers were lost, and actions from elsewhere.

use serde_json::{Value, json};
use tillgate_gateways::{
    ActionKind, ActionStatus, FindAction, FoundAction, Gateway, ListedActions, Method, RefusalKind,
};

use crate::{
    stripe_payments::intent,
    support::{decoded, done, empty, money, request, response, stripe, with},
};

fn looking_for(kind: ActionKind) -> FindAction {
    FindAction {
        kind,
        transaction_id: "TxnTwoBBBB".to_owned(),
    }
}

fn listed(body: &Value) -> ListedActions {
    stripe().read_actions(
        "EUR".parse().unwrap(),
        &request(Method::Get),
        &response(200, body),
    )
}

/// A refund from the list of refunds, or another action from the payment itself.
fn found(kind: ActionKind, body: &Value) -> FoundAction {
    let shown = if kind == ActionKind::Refund {
        &intent()
    } else {
        body
    };
    let mut payment = done(stripe().read_payment(&request(Method::Get), &response(200, shown)));
    if kind == ActionKind::Refund
        && let ListedActions::Listed { actions, .. } = listed(body)
    {
        payment.actions = Some(actions);
    }
    stripe().find_action(&looking_for(kind), &payment)
}

fn refund(id: &str, status: &str, transaction_id: Option<&str>) -> Value {
    json!({"id": id, "object": "refund", "amount": 500, "currency": "eur", "status": status,
        "metadata": transaction_id.map_or(json!({}), |ours| json!({"transaction_id": ours})),
        "payment_intent": "pi_A", "balance_transaction": "txn_G",
        "charge": {"id": "ch_D", "captured": true, "amount": 2000, "amount_captured": 1500}})
}

fn list(refunds: &[Value], has_more: bool) -> Value {
    json!({"object": "list", "url": "/v1/refunds", "has_more": has_more, "data": refunds})
}

#[test]
fn refunds_are_looked_for_in_the_list() {
    let first = stripe().list_actions("pi_A", None).unwrap();
    let (url, query) = first.url.split_once('?').unwrap();
    assert_eq!(url, "https://api.stripe.com/v1/refunds");
    assert_eq!(
        decoded(query),
        ["payment_intent=pi_A", "limit=100", "expand[]=data.charge"]
    );
    let next = stripe().list_actions("pi_A", Some("re_E")).unwrap();
    assert!(next.url.ends_with("&starting_after=re_E"), "{}", next.url);
    assert!(stripe().list_actions("pi_A&x", None).is_err());
}

#[test]
fn a_refund_is_found_by_our_transaction() {
    let other = refund("re_O", "succeeded", Some("TxnOneAAAA"));
    let find = |status: &str| {
        found(
            ActionKind::Refund,
            &list(&[other.clone(), refund("re_E", status, Some("TxnTwoBBBB"))], true),
        )
    };
    let FoundAction::Done(action) = find("succeeded") else {
        panic!("not done")
    };
    assert_eq!(
        (action.id.as_deref(), action.amount),
        (Some("re_E"), Some(money(500, "EUR")))
    );
    for pending in ["pending", "requires_action"] {
        assert!(
            matches!(find(pending), FoundAction::Pending(action) if action.id.as_deref() == Some("re_E"))
        );
    }
    for failed in ["failed", "canceled"] {
        assert!(matches!(find(failed), FoundAction::Failed(decline) if decline.code == failed));
    }
    assert!(matches!(find("new"), FoundAction::Unknown(_)));
}

#[test]
fn a_refund_that_is_not_found() {
    let other = refund("re_O", "succeeded", Some("TxnOneAAAA"));
    let find = |body: &Value| found(ActionKind::Refund, body);
    assert!(matches!(
        find(&list(std::slice::from_ref(&other), false)),
        FoundAction::NotFound
    ));
    assert!(matches!(find(&list(&[], false)), FoundAction::NotFound));
    assert!(
        matches!(listed(&list(&[other], true)), ListedActions::Listed { next, .. } if next.as_deref() == Some("re_O"))
    );
    assert!(matches!(listed(&list(&[], true)), ListedActions::Unknown(_)));
    assert!(matches!(find(&json!({})), FoundAction::Unknown(_)));
    let twice = [
        refund("re_E", "succeeded", Some("TxnTwoBBBB")),
        refund("re_F", "pending", Some("TxnTwoBBBB")),
    ];
    assert!(matches!(find(&list(&twice, false)), FoundAction::Unknown(_)));
    let again = [
        refund("re_E", "succeeded", Some("TxnTwoBBBB")),
        refund("re_F", "failed", Some("TxnTwoBBBB")),
    ];
    assert!(
        matches!(find(&list(&again, false)), FoundAction::Done(action) if action.id.as_deref() == Some("re_E"))
    );
}

#[test]
fn a_search_that_fails_finds_nothing_out() {
    let read = |response| stripe().read_actions("EUR".parse().unwrap(), &request(Method::Get), &response);
    let missing = json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
    assert!(matches!(read(empty(503)), ListedActions::Unknown(_)));
    assert!(matches!(
        read(response(404, &missing)),
        ListedActions::Refused(refusal) if refusal.kind == RefusalKind::NotFound
    ));
}

#[test]
fn a_capture_is_known_by_its_mark() {
    let captured = |mark: &str| {
        let members = json!({"status": "succeeded", "amount_received": 1500, "amount_capturable": 0,
            "metadata": {"transaction_id": "TxnOneAAAA", "capture_transaction_id": mark}});
        found(ActionKind::Capture, &with(intent(), &members))
    };
    let FoundAction::Done(action) = captured("TxnTwoBBBB") else {
        panic!("not done")
    };
    assert_eq!((action.id.as_deref(), action.amount), (Some("ch_D"), None));
    assert!(
        matches!(captured("TxnOther"), FoundAction::NotFound),
        "somebody else's capture is not ours"
    );
    assert!(matches!(
        found(ActionKind::Capture, &intent()),
        FoundAction::NotFound
    ));
    let processing = with(intent(), &json!({"status": "processing"}));
    assert!(matches!(
        found(ActionKind::Capture, &processing),
        FoundAction::Pending(_)
    ));
}

#[test]
fn a_canceled_payment_is_canceled_whoever_did_it() {
    for reason in ["requested_by_customer", "automatic"] {
        let canceled = with(
            intent(),
            &json!({"status": "canceled", "cancellation_reason": reason}),
        );
        assert!(matches!(
            found(ActionKind::Cancel, &canceled),
            FoundAction::Done(_)
        ));
        assert!(matches!(
            found(ActionKind::Capture, &canceled),
            FoundAction::NotFound
        ));
    }
    assert!(matches!(
        found(ActionKind::Cancel, &intent()),
        FoundAction::NotFound
    ));
}

#[test]
fn refunds_that_others_asked_for_are_listed() {
    let gateway = stripe();
    let read = |body: &Value| {
        let currency = "EUR".parse().unwrap();
        gateway.read_actions(currency, &request(Method::Get), &response(200, body))
    };
    let no_money = json!({"balance_transaction": null});
    // 500 of the hold were not captured: their release is no refund.
    let release = with(refund("re_R", "succeeded", None), &no_money);
    let hold = json!({"id": "ch_D", "captured": false, "amount": 500, "amount_captured": 0});
    let released_hold = with(
        with(refund("re_S", "succeeded", None), &no_money),
        &json!({"charge": hold}),
    );
    let all = [
        refund("re_D", "succeeded", None),
        refund("re_E", "failed", Some("TxnTwoBBBB")),
        release,
        released_hold,
    ];
    let ListedActions::Listed { actions, next } = read(&list(&all, true)) else {
        panic!("not listed")
    };
    assert_eq!(next.as_deref(), Some("re_S"));
    let ids: Vec<_> = actions.iter().map(|action| action.id.as_str()).collect();
    assert_eq!(ids, ["re_D", "re_E"]);
    let foreign = &actions[0];
    assert_eq!(
        (foreign.kind, foreign.amount),
        (ActionKind::Refund, Some(money(500, "EUR")))
    );
    assert_eq!(
        (&foreign.status, &foreign.transaction_id),
        (&ActionStatus::Done, &None)
    );
    assert!(matches!(&actions[1].status, ActionStatus::Failed(decline) if decline.code == "failed"));
    assert_eq!(actions[1].transaction_id.as_deref(), Some("TxnTwoBBBB"));
    assert!(
        matches!(read(&list(&[], false)), ListedActions::Listed { actions, next: None } if actions.is_empty())
    );
    assert!(matches!(
        read(&list(&[json!({"id": "re_E"})], false)),
        ListedActions::Unknown(_)
    ));
}
