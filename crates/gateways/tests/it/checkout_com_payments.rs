//! The meaning of Checkout.com's payments and errors.

use serde_json::{Value, json};
use tillgate_gateways::{
    FoundOutcome, Gateway, Method, Missing, PaymentOutcome, PaymentSnapshot, PaymentStatus, RefusalKind,
};

use crate::support::{checkout_com, done, empty, money, refused, request, response, with};

/// An approved payment, as the reference shows one.
fn approved() -> Value {
    json!({
        "id": "pay_a", "action_id": "act_b", "amount": 6500, "currency": "USD", "approved": true,
        "status": "Authorized", "response_code": "10000", "response_summary": "Approved",
        "source": {"id": "src_c", "type": "card", "scheme": "Visa", "last4": "4242", "expiry_month": 6,
            "expiry_year": 2029, "bin": "424242"},
        "customer": {"id": "cus_d", "email": "a@b.c"},
        "balances": {"total_authorized": 6500, "total_voided": 0, "available_to_void": 6500, "total_captured": 0,
            "available_to_capture": 6500, "total_refunded": 0, "available_to_refund": 0},
        "reference": "TxnOneAAAA",
        "_links": {"self": {"href": "https://x/payments/pay_a"}}
    })
}

fn read(status: u16, body: &Value) -> PaymentOutcome {
    checkout_com().read_payment(&request(Method::Post), &response(status, body))
}

fn snapshot(members: &Value) -> PaymentSnapshot {
    done(read(200, &with(approved(), members)))
}

#[test]
fn an_approved_payment_is_read_whole() {
    let snapshot = done(read(201, &approved()));
    assert_eq!(
        (snapshot.psp_id.as_str(), snapshot.status),
        ("pay_a", PaymentStatus::Authorized)
    );
    assert_eq!(snapshot.amount, Some(money(6500, "USD")));
    assert_eq!(snapshot.amount_capturable, Some(money(6500, "USD")));
    assert_eq!(snapshot.amount_captured, Some(money(0, "USD")));
    assert_eq!(snapshot.amount_refunded, Some(money(0, "USD")));
    assert_eq!(snapshot.action_id.as_deref(), Some("act_b"));
    assert_eq!(snapshot.source_id.as_deref(), Some("src_c"));
    assert_eq!(snapshot.customer_token.as_deref(), Some("cus_d"));
    assert_eq!(snapshot.transaction_id.as_deref(), Some("TxnOneAAAA"));
    assert_eq!((snapshot.decline, snapshot.redirect_url), (None, None));
    let expected = json!({"issuer_type": "card", "card_type": "visa", "card_last_digits": "4242",
        "card_expiry_month": "6", "card_expiry_year": "2029"});
    assert_eq!(serde_json::to_value(snapshot.instrument).unwrap(), expected);
    assert_eq!(snapshot.response, approved());
}

#[test]
fn a_pending_payment_tells_little() {
    let body = json!({"id": "pay_a", "status": "Pending", "reference": "TxnOneAAAA", "customer": {"id": "cus_d"},
        "3ds": {"downgraded": false, "enrolled": "Y"},
        "_links": {"self": {"href": "https://x"}, "redirect": {"href": "https://3ds2.example/interceptor/3ds_e"}}});
    let snapshot = done(read(202, &body));
    assert_eq!(snapshot.status, PaymentStatus::RequiresAction);
    assert_eq!(
        snapshot.redirect_url.as_deref(),
        Some("https://3ds2.example/interceptor/3ds_e")
    );
    assert_eq!(
        (snapshot.amount, snapshot.amount_captured, snapshot.source_id),
        (None, None, None)
    );
    assert_eq!(snapshot.customer_token.as_deref(), Some("cus_d"));
    for links in [json!({"redirect": {}}), json!({}), Value::Null] {
        let snapshot = done(read(202, &with(body.clone(), &json!({"_links": links}))));
        assert_eq!(
            (snapshot.status, snapshot.redirect_url),
            (PaymentStatus::Processing, None)
        );
    }
}

#[test]
fn every_status() {
    for (word, expected) in [
        ("Pending", PaymentStatus::Processing),
        ("Requested", PaymentStatus::Processing),
        ("Retry Scheduled", PaymentStatus::Processing),
        ("Authorized", PaymentStatus::Authorized),
        ("Voided", PaymentStatus::Canceled),
        ("Canceled", PaymentStatus::Canceled),
        ("Expired", PaymentStatus::Expired),
        ("Partially Captured", PaymentStatus::PartiallyCaptured),
        ("Captured", PaymentStatus::Captured),
        ("Partially Refunded", PaymentStatus::PartiallyRefunded),
        ("Refunded", PaymentStatus::Refunded),
        ("Declined", PaymentStatus::Declined),
        (
            "Card Verified",
            PaymentStatus::Unknown("Card Verified".to_owned()),
        ),
        ("Paid", PaymentStatus::Unknown("Paid".to_owned())),
        ("Active", PaymentStatus::Unknown("Active".to_owned())),
        ("Returned", PaymentStatus::Unknown("Returned".to_owned())),
    ] {
        assert_eq!(snapshot(&json!({"status": word})).status, expected, "{word}");
    }
    let balances = json!({"available_to_capture": 0, "total_captured": 4000, "total_refunded": 0});
    let partial = snapshot(&json!({"status": "Partially Captured", "balances": balances}));
    assert_eq!(
        (partial.status, partial.amount_captured),
        (PaymentStatus::Captured, Some(money(4000, "USD")))
    );
}

#[test]
fn a_decline_is_a_201() {
    let members = json!({"approved": false, "status": "Declined", "response_code": "20051",
        "response_summary": "Insufficient Funds", "source": {"type": "card"}, "balances": null, "actions": null});
    let snapshot = done(read(201, &with(approved(), &members)));
    let decline = snapshot.decline.unwrap();
    assert_eq!(
        (snapshot.status, decline.code.as_str()),
        (PaymentStatus::Declined, "20051")
    );
    assert_eq!(decline.message, "The card has insufficient funds.");
    assert_eq!(decline.detail.as_deref(), Some("Insufficient Funds"));
    assert_eq!((snapshot.source_id, snapshot.amount_capturable), (None, None));
}

#[test]
fn a_retrieved_decline_has_its_code_in_the_actions() {
    let actions = json!([
        {"id": "act_z", "type": "Void", "response_code": "30030"},
        {"id": "act_y", "type": "Authorization", "response_code": "200R1", "response_summary": "Stop"}
    ]);
    let members = json!({"status": "Declined", "response_code": null, "action_id": null, "actions": actions});
    let snapshot = snapshot(&members);
    assert_eq!(snapshot.action_id.as_deref(), Some("act_y"));
    assert_eq!(snapshot.decline.unwrap().code, "200R1");
}

#[test]
fn a_buyer_is_not_told_of_theft_or_fraud() {
    for code in ["20059", "30041", "30043", "30004", "40101", "42005"] {
        let members = json!({"status": "Declined", "response_code": code, "response_summary": "Stolen card"});
        assert_eq!(
            snapshot(&members).decline.unwrap().message,
            "The card was declined.",
            "{code}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_unknown() {
    for members in [
        json!({"id": null}),
        json!({"status": null}),
        json!({"amount": "6500"}),
        json!({"currency": "usd"}),
        json!({"currency": "CLP", "amount": 6550}),
    ] {
        let outcome = read(200, &with(approved(), &members));
        assert!(
            matches!(outcome, PaymentOutcome::Unknown(_)),
            "{members}: {outcome:?}"
        );
    }
    assert!(matches!(
        checkout_com().read_payment(&request(Method::Post), &empty(201)),
        PaymentOutcome::Unknown(_)
    ));
}

#[test]
fn refusals() {
    let invalid =
        |code: &str| json!({"request_id": "r-1", "error_type": "request_invalid", "error_codes": [code]});
    for (code, kind) in [
        ("payment_source_required", RefusalKind::InvalidRequest),
        ("token_used", RefusalKind::InvalidRequest),
        ("payment_expired", RefusalKind::Conflict),
    ] {
        let refusal = refused(read(422, &invalid(code)));
        assert_eq!((refusal.kind, refusal.code.as_deref()), (kind, Some(code)));
        assert_eq!(
            (refusal.message.as_str(), refusal.psp_request_id.as_deref()),
            (code, Some("r-1"))
        );
    }
    for (code, missing) in [
        ("customer_not_found", Some(Missing::Customer)),
        ("source_id_unknown", Some(Missing::Instrument)),
        ("token_invalid", None),
    ] {
        assert_eq!(refused(read(422, &invalid(code))).missing, missing, "{code}");
    }
    for (status, kind) in [
        (401, RefusalKind::Credentials),
        (403, RefusalKind::NotPermitted),
        (404, RefusalKind::NotFound),
    ] {
        let refusal = refused(checkout_com().read_payment(&request(Method::Post), &empty(status)));
        assert_eq!((refusal.kind, refusal.code), (kind, None));
    }
    for status in [400, 409, 422, 429, 500, 502, 503] {
        let outcome = checkout_com().read_payment(&request(Method::Post), &empty(status));
        assert!(
            matches!(outcome, PaymentOutcome::Unknown(_)),
            "{status}: {outcome:?}"
        );
    }
    for code in [
        "service_unavailable",
        "api_calls_quota_exceeded",
        "processing_error",
    ] {
        assert!(
            matches!(read(422, &invalid(code)), PaymentOutcome::Unknown(_)),
            "{code}"
        );
    }
}

#[test]
fn a_used_token_may_have_been_used_by_us() {
    for code in ["token_used", "token_expired", "token_in_use"] {
        let mut response = response(
            422,
            &json!({"error_type": "request_invalid", "error_codes": [code]}),
        );
        response.resent = true;
        let outcome = checkout_com().read_payment(&request(Method::Post), &response);
        assert!(
            matches!(&outcome, PaymentOutcome::Unknown(reason) if reason.contains(code)),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_lost_payment_is_found_by_its_reference() {
    let other = with(approved(), &json!({"id": "pay_z", "reference": "TxnOneAAAA2"}));
    let find = |data: Value| {
        let list = json!({"limit": 10, "skip": 0, "total_count": 1, "data": data});
        checkout_com().read_found("TxnOneAAAA", &request(Method::Get), &response(200, &list))
    };
    let FoundOutcome::Found(found) = find(json!([other, approved()])) else {
        panic!("not found")
    };
    assert_eq!(found.psp_id, "pay_a");
    assert!(matches!(find(json!([])), FoundOutcome::NotFound));
    assert!(matches!(find(json!([other])), FoundOutcome::NotFound));
    assert!(matches!(
        find(json!([approved(), approved()])),
        FoundOutcome::Unknown(_)
    ));
    let refused = checkout_com().read_found("TxnOneAAAA", &request(Method::Get), &empty(401));
    assert!(matches!(&refused, FoundOutcome::Refused(refusal) if refusal.kind == RefusalKind::Credentials));
}
