//! Keys, modes, and answers without a body.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Harness, LIVE_SECRET_KEY, PUBLIC_KEY, SECRET_KEY, VISA, card, payment};

#[test]
fn a_missing_or_wrong_key_is_401_without_a_body() {
    let harness = Harness::new();
    let anonymous = Request::post("/payments").header(CONTENT_TYPE, "application/json");
    harness
        .send(&anonymous.body(Bytes::from("{}")).unwrap())
        .assert_empty(StatusCode::UNAUTHORIZED);
    for key in [
        PUBLIC_KEY,
        "sk_test_0b9b5db6-f223-49d0-b68f-f6643dd4f808",
        "nonsense",
    ] {
        let reply = harness.call(Method::POST, "/payments", key, None, &payment(VISA, 100));
        reply.assert_empty(StatusCode::UNAUTHORIZED);
    }
    let previous_platform = Request::get("/payments/pay_x").header(AUTHORIZATION, SECRET_KEY);
    harness
        .send(&previous_platform.body(Bytes::new()).unwrap())
        .assert_empty(StatusCode::UNAUTHORIZED);
    harness
        .post("/tokens", &card("4242424242424242"))
        .assert_empty(StatusCode::UNAUTHORIZED);
}

#[test]
fn every_answer_has_a_request_id_and_errors_repeat_it() {
    let harness = Harness::new();
    let reply = harness.post("/payments", &json!({}));
    assert_eq!(reply.error_codes(), ["payment_source_required"]);
    assert_eq!(reply.json["error_type"], "request_invalid");
    assert_eq!(
        reply.json["request_id"],
        reply.headers["cko-request-id"].to_str().unwrap()
    );
    assert!(reply.headers.contains_key("cko-version"));
    let unknown = harness.get("/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    unknown.assert_empty(StatusCode::NOT_FOUND);
    assert_ne!(unknown.headers["cko-request-id"], reply.headers["cko-request-id"]);
}

#[test]
fn test_and_live_do_not_see_each_other() {
    let harness = Harness::new();
    let id = harness.authorize(500);
    let path = format!("/payments/{id}");
    harness
        .call(Method::GET, &path, LIVE_SECRET_KEY, None, &Value::Null)
        .assert_empty(StatusCode::NOT_FOUND);
    let live = harness.call(
        Method::POST,
        "/payments",
        LIVE_SECRET_KEY,
        None,
        &payment(VISA, 500),
    );
    assert_eq!(
        live.error_codes(),
        ["token_invalid"],
        "test tokens are for test keys"
    );
}

#[test]
fn a_body_must_be_json() {
    let harness = Harness::new();
    let post = |content_type: &str, body: &'static str| {
        let request = Request::post("/payments").header(AUTHORIZATION, format!("Bearer {SECRET_KEY}"));
        harness.send(
            &request
                .header(CONTENT_TYPE, content_type)
                .body(Bytes::from_static(body.as_bytes()))
                .unwrap(),
        )
    };
    post("application/x-www-form-urlencoded", "a=b").assert_empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for body in ["{", "[]", "\"text\"", "\u{0}"] {
        assert_eq!(
            post("application/json", body).error_codes(),
            ["request_body_malformed"],
            "{body}"
        );
    }
    let deep = Box::leak("[".repeat(100_000).into_boxed_str());
    assert_eq!(
        post("application/json", deep).error_codes(),
        ["request_body_malformed"]
    );
    assert_eq!(
        post("application/json; charset=utf-8", "{}").error_codes(),
        ["payment_source_required"]
    );
}

#[test]
fn what_is_not_there_is_404() {
    let harness = Harness::new();
    for (method, path) in [
        (Method::GET, "/payments/"),
        (Method::PUT, "/payments"),
        (Method::GET, "/payments/pay_x/captures"),
        (Method::POST, "/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaaaa/captures"),
        (Method::POST, "/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaaaa/voids"),
        (Method::POST, "/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaaaa/refunds"),
        (Method::GET, "/payments/sid_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (Method::GET, "/instruments/src_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (Method::GET, "/customers/nobody@shop.example"),
    ] {
        harness
            .call(method, path, SECRET_KEY, None, &Value::Null)
            .assert_empty(StatusCode::NOT_FOUND);
    }
}
