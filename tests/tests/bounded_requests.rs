//! A refusal has a bounded size, whatever was sent.

use serde_json::{Map, Value, json};
use tillgate_tests::{Answer, Api, Call, JSON, JSON_API, Service};

/// Maximum size of a body, in bytes.
const LARGEST: usize = 256 * 1024;
/// Maximum number of JSON values in a body.
const MAX_VALUES: usize = 16 * 1024;
/// Maximum number of errors in an answer.
const MAX_ERRORS: usize = 50;
/// Maximum size of a refusal, in bytes.
const MAX_REFUSAL: usize = 16 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// An order with these members beside its type.
fn order(attributes: &Value) -> Vec<u8> {
    json!({"data": {"type": "orders", "attributes": attributes}})
        .to_string()
        .into_bytes()
}

fn members(count: usize, value: &Value) -> Value {
    let members = (0..count).map(|number| (format!("k{number}"), value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

/// Bodies of the largest size with mistakes in as many places as possible, or in a large one.
fn wrong_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let unknown = LARGEST / 12;
    let long = "x".repeat(LARGEST - 1000);
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let mut twice = Vec::from(&br#"{"data":{"type":"orders","attributes":{"#[..]);
    twice.extend(br#""colour":1,"#.repeat(20_000));
    twice.extend(br#""colour":1}}}"#);
    vec![
        ("unknown members", order(&members(unknown, &json!(1)))),
        (
            "unknown members of metadata's kind",
            order(&json!({"metadata": 1, "a": members(unknown, &json!(1))})),
        ),
        (
            "card numbers in metadata",
            order(&json!({"metadata": {"cards": vec!["4242424242424242"; LARGEST / 20]}})),
        ),
        (
            "card numbers as names",
            order(&json!({"metadata": {"x".repeat(100_000): members(5_000, &json!("4242424242424242"))}})),
        ),
        ("a long value", order(&json!({"language_code": long}))),
        ("a long name", order(&json!({ (long.clone()): 1 }))),
        (
            "a long name that has to be escaped",
            order(&json!({ "\u{1}~/".repeat(20_000): 1 })),
        ),
        (
            "a long type",
            json!({"data": {"type": long}}).to_string().into_bytes(),
        ),
        (
            "a long list",
            order(&json!({"customer_email": vec![1; LARGEST / 3]})),
        ),
        (
            "nested objects",
            order(&serde_json::from_str(&nested(100)).expect("JSON")),
        ),
        ("too deeply nested", nested(40_000).into_bytes()),
        ("one name many times", twice),
        (
            "not JSON at the end",
            format!("{}}}}}", "[1,".repeat(60_000)).into_bytes(),
        ),
    ]
}

/// An answer has a maximum number of errors, and reports the number of further ones. Repeated texts are short.
fn assert_bounded(what: &str, answer: &Answer) {
    assert!(
        (400..500).contains(&answer.status),
        "{what}: {} {:.1000}",
        answer.status,
        answer.body.to_string()
    );
    let size = answer.bytes.len();
    assert!(size <= MAX_REFUSAL, "{what}: {size} bytes");
    assert!(answer.errors().count() <= MAX_ERRORS, "{what}");
}

async fn send(call: Call, body: &[u8], media_type: &str) -> Answer {
    call.body(media_type, body).send().await
}

#[tokio::test]
async fn a_refusal_is_small_whatever_was_sent() {
    let service = Service::start().await;
    let api = service.api().await;
    for (what, body) in wrong_bodies() {
        assert!(body.len() <= LARGEST, "{what}: {}", body.len());
        for path in ["/api/orders", "/api/v1/payments", "/api/line_items"] {
            let answer = send(api.call("POST", path), &body, JSON_API).await;
            assert_bounded(&format!("{path}: {what}"), &answer);
        }
    }
    let many = send(
        api.call("POST", "/api/orders"),
        &order(&members(10_000, &json!(1))),
        JSON_API,
    )
    .await;
    assert_eq!(many.errors().count(), MAX_ERRORS);
    assert_eq!(many.body["meta"]["more_errors"], 10_000 - MAX_ERRORS);
    let few = send(
        api.call("POST", "/api/orders"),
        &order(&members(MAX_ERRORS, &json!(1))),
        JSON_API,
    )
    .await;
    assert_eq!(few.errors().count(), MAX_ERRORS);
    assert_eq!(few.body.get("meta"), None);
}

#[tokio::test]
async fn parameters_headers_and_requests_for_tokens_are_answered_as_briefly() {
    let service = Service::start().await;
    let api = service.api().await;
    let many = (0..8_000).map(|number| format!("a{number}&")).collect::<String>();
    let long = format!("{}=1", "a".repeat(60_000));
    for query in [many.as_str(), long.as_str()] {
        let answer = api.get(&format!("/api/orders?{query}")).await;
        assert_bounded("parameters", &answer);
    }
    let long = "a".repeat(60_000);
    for header in ["Accept", "Content-Type", "Idempotency-Key"] {
        let call = api.call("POST", "/api/orders").body(JSON_API, order(&json!({})));
        let answer = call.header(header, &long).send().await;
        assert_bounded(header, &answer);
    }
    let token = |media_type: &'static str, body: String| {
        let call = service
            .anonymous()
            .call("POST", "/oauth/token")
            .header("Accept", JSON);
        call.body(media_type, body).send()
    };
    for (media_type, body) in [
        (FORM, "a&".repeat(8_000)),
        (FORM, format!("grant_type={}", "a".repeat(15_000))),
        (JSON, json!({"grant_type": "a".repeat(15_000)}).to_string()),
        (FORM, "a&".repeat(LARGEST / 2)),
    ] {
        assert_bounded("a request for a token", &token(media_type, body).await);
    }
}

/// The stored refusal equals the sent one.
#[tokio::test]
async fn a_refusal_that_is_kept_with_a_key_is_the_one_that_was_sent() {
    let service = Service::start().await;
    let api = service.api().await;
    let send = async |api: &Api| {
        let call = api.call("POST", "/api/orders").header("Idempotency-Key", "many");
        call.body(JSON_API, order(&members(10_000, &json!(1))))
            .send()
            .await
    };
    let first = send(&api).await;
    assert_bounded("the first", &first);
    let again = send(&api).await;
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(again.header("idempotent-replayed"), "true");
}

/// A PSP may send a larger body.
#[tokio::test]
async fn a_body_has_at_most_256_kib_and_16384_values() {
    let service = Service::start().await;
    let api = service.api().await;
    let body = |length: usize| {
        let mut body = order(&json!({}));
        body.resize(length, b' ');
        body
    };
    let _ = send(api.call("POST", "/api/orders"), &body(LARGEST + 1), JSON_API)
        .await
        .expect_error(413, "PAYLOAD_TOO_LARGE");
    let fits = send(api.call("POST", "/api/orders"), &body(LARGEST), JSON_API).await;
    assert_ne!(fits.status, 413);
    let list = |items: usize| order(&json!({"metadata": {"list": vec![1; items]}}));
    let _ = send(api.call("POST", "/api/orders"), &list(MAX_VALUES), JSON_API)
        .await
        .expect_error(413, "PAYLOAD_TOO_LARGE");
    let fits = send(api.call("POST", "/api/orders"), &list(MAX_VALUES - 10), JSON_API).await;
    assert_ne!(fits.status, 413);
}
