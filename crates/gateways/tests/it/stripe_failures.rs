//! The meaning of Stripe's errors.

use serde_json::{Value, json};
use tillgate_gateways::{ActionOutcome, Gateway, Method, PaymentOutcome, PspResponse, RefusalKind};

use crate::support::{empty, refused, request, response, stripe};

fn error(kind: &str, code: Option<&str>) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "A message.", "param": "amount"}})
}

fn read(response: &PspResponse) -> PaymentOutcome {
    stripe().read_payment(&request(Method::Post), response)
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let invalid = "invalid_request_error";
    for (status, code, expected) in [
        (400, None, RefusalKind::InvalidRequest),
        (400, Some("parameter_missing"), RefusalKind::InvalidRequest),
        (400, Some("token_already_used"), RefusalKind::InvalidRequest),
        (
            400,
            Some("payment_intent_unexpected_state"),
            RefusalKind::Conflict,
        ),
        (400, Some("charge_already_captured"), RefusalKind::Conflict),
        (400, Some("charge_already_refunded"), RefusalKind::Conflict),
        (400, Some("charge_disputed"), RefusalKind::Conflict),
        (400, Some("charge_expired_for_capture"), RefusalKind::Conflict),
        (400, Some("charge_not_refundable"), RefusalKind::Conflict),
        (
            400,
            Some("capture_charge_authorization_expired"),
            RefusalKind::Conflict,
        ),
        (400, Some("resource_missing"), RefusalKind::InvalidRequest),
        (400, Some("amount_too_small"), RefusalKind::InvalidRequest),
        (401, None, RefusalKind::Credentials),
        (403, None, RefusalKind::NotPermitted),
        (404, Some("resource_missing"), RefusalKind::NotFound),
        (422, Some("something_new"), RefusalKind::InvalidRequest),
    ] {
        let mut response = response(status, &error(invalid, code));
        response
            .headers
            .push(("request-id".to_owned(), "req_1".to_owned()));
        let refusal = refused(read(&response));
        assert_eq!(refusal.kind, expected, "{status} {code:?}");
        assert_eq!(
            (refusal.code.as_deref(), refusal.param.as_deref()),
            (code, Some("amount"))
        );
        assert_eq!(
            (refusal.message.as_str(), refusal.psp_request_id.as_deref()),
            ("A message.", Some("req_1"))
        );
    }
}

#[test]
fn what_proves_nothing_is_unknown() {
    for (status, kind, code) in [
        (400, "idempotency_error", None),
        (409, "invalid_request_error", Some("idempotency_key_in_use")),
        (424, "api_error", None),
        (429, "invalid_request_error", Some("lock_timeout")),
        (429, "invalid_request_error", Some("rate_limit")),
        (500, "api_error", None),
        (503, "api_error", None),
    ] {
        let outcome = read(&response(status, &error(kind, code)));
        assert!(
            matches!(outcome, PaymentOutcome::Unknown(_)),
            "{status} {kind}: {outcome:?}"
        );
    }
}

#[test]
fn an_answer_that_is_not_stripes_proves_nothing() {
    for status in [200, 302, 400, 401, 402, 403, 404, 502] {
        assert!(
            matches!(read(&empty(status)), PaymentOutcome::Unknown(_)),
            "{status}"
        );
        let page = response(status, &json!("<html>blocked</html>"));
        assert!(matches!(read(&page), PaymentOutcome::Unknown(_)), "{status}");
    }
}

#[test]
fn a_refusal_may_be_the_trace_of_an_earlier_success() {
    let refuse = |status: u16, code: &str, resent: bool, replayed: bool, method: Method| {
        let mut response = response(status, &error("invalid_request_error", Some(code)));
        response.resent = resent;
        if replayed {
            response
                .headers
                .push(("idempotent-replayed".to_owned(), "true".to_owned()));
        }
        matches!(
            stripe().read_payment(&request(method), &response),
            PaymentOutcome::Refused(_)
        )
    };
    for (status, code) in [
        (400, "token_already_used"),
        (400, "charge_already_captured"),
        (400, "amount_too_large"),
        (401, ""),
        (404, ""),
    ] {
        assert!(
            refuse(status, code, false, false, Method::Post),
            "{code}: sent once"
        );
        assert!(
            !refuse(status, code, true, false, Method::Post),
            "{code}: sent again"
        );
        assert!(
            refuse(status, code, true, true, Method::Post),
            "{code}: the first answer again"
        );
        assert!(
            refuse(status, code, true, false, Method::Get),
            "{code}: asking has no effect"
        );
    }
    assert!(
        refuse(400, "parameter_missing", true, false, Method::Post),
        "wrong now, wrong then"
    );
}

#[test]
fn a_refund_of_more_than_is_left_may_have_been_made_by_us() {
    let message = "Refund amount (€5.00) is greater than unrefunded amount on charge (€2.00)";
    let body = json!({"error": {"type": "invalid_request_error", "param": "amount", "message": message}});
    let mut answer = response(400, &body);
    let read = |answer: &PspResponse| stripe().read_action(&request(Method::Post), answer);
    assert!(matches!(read(&answer), ActionOutcome::Refused(_)));
    answer.resent = true;
    assert!(matches!(read(&answer), ActionOutcome::Unknown(_)));
}

#[test]
fn an_error_of_another_machine_is_not_taken_for_stripes() {
    let html = ("content-type".to_owned(), "text/html".to_owned());
    let of_a_page = PspResponse {
        headers: vec![html],
        ..response(400, &error("invalid_request_error", None))
    };
    let mut all = vec![of_a_page];
    for members in [
        json!({"type": null}),
        json!({"type": "INTERNAL"}),
        json!({"code": "INTERNAL_CODE_db_password_hunter2"}),
        json!({"code": "a".repeat(200)}),
        json!({"message": "a\u{1b}[31mb"}),
        json!({"message": "a".repeat(3_000)}),
        json!({"param": "a\nb"}),
    ] {
        let mut body = error("invalid_request_error", None);
        for (name, value) in members.as_object().unwrap() {
            body["error"][name] = value.clone();
        }
        all.extend([400, 401, 402, 403, 404].map(|status| response(status, &body)));
    }
    for response in all {
        let outcome = read(&response);
        assert!(
            matches!(outcome, PaymentOutcome::Unknown(_)),
            "{response:?}: {outcome:?}"
        );
        assert!(!format!("{outcome:?}").contains("hunter2"));
    }
}
