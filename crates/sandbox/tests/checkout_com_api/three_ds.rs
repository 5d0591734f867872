//! 3-D Secure: the redirect, the page, the way back, and expiry.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{
    CHALLENGE, CHALLENGE_REJECTED, FRICTIONLESS, Harness, PUBLIC_URL, Reply, payment, with,
};

fn request(harness: &Harness, token: &str, amount: u64) -> Reply {
    let request = with(
        payment(token, amount),
        json!({ "3ds": { "enabled": true }, "reference": "<b>R</b>", "success_url": "https://shop.example/ok?order=1",
            "failure_url": "https://shop.example:8443/ko" }),
    );
    harness.post("/payments", &request)
}

fn challenge(harness: &Harness, token: &str, amount: u64) -> (String, String) {
    let reply = request(harness, token, amount);
    assert_eq!(
        (reply.status, &reply.json["status"]),
        (StatusCode::ACCEPTED, &json!("Pending")),
        "{}",
        reply.text
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&reply.json["id"]),
        text(&reply.json["_links"]["redirect"]["href"]),
    )
}

fn session_of(url: &str) -> &str {
    url.rsplit_once("cko-session-id=").unwrap().1
}

#[test]
fn a_challenge_is_pending_until_the_buyer_authenticates() {
    let harness = Harness::new();
    let pending = request(&harness, CHALLENGE, 900).json;
    assert_eq!(pending["3ds"], json!({ "downgraded": false, "enrolled": "Y" }));
    assert!(pending["customer"]["id"].as_str().unwrap().starts_with("cus_"));
    assert!(pending.get("source").is_none() && pending.get("response_code").is_none());
    let (id, page) = challenge(&harness, CHALLENGE, 900);
    assert_eq!(harness.status(&id), "Pending");
    assert_eq!(harness.get(&format!("/payments/{id}/actions")).json, json!([]));
    harness
        .post(&format!("/payments/{id}/captures"), &Value::Null)
        .assert_empty(StatusCode::FORBIDDEN);

    let back = harness.browse(Method::POST, &page, "outcome=authenticate");
    assert!(
        back.location()
            .starts_with("https://shop.example/ok?order=1&cko-session-id=sid_")
    );
    let paid = harness
        .get(&format!("/payments/{}", session_of(back.location())))
        .json;
    assert_eq!(
        (paid["id"].as_str(), &paid["status"]),
        (Some(id.as_str()), &json!("Captured"))
    );
    assert_eq!(paid["3ds"]["authentication_response"], "Y");
    assert!(paid["source"]["id"].as_str().unwrap().starts_with("src_"));
    assert!(paid["_links"].get("redirect").is_none());

    let again = harness.browse(Method::POST, &page, "outcome=fail");
    assert_eq!(again.location(), back.location(), "a decision is final");
    assert_eq!(harness.sandbox.ledger().len(), 2);
}

#[test]
fn a_buyer_who_fails_is_declined() {
    let harness = Harness::new();
    let (id, page) = challenge(&harness, CHALLENGE, 900);
    let back = harness.browse(Method::POST, &page, "outcome=fail");
    assert!(
        back.location()
            .starts_with("https://shop.example:8443/ko?cko-session-id=sid_")
    );
    let declined = harness.get(&format!("/payments/{id}")).json;
    assert_eq!(
        (&declined["status"], &declined["approved"]),
        (&json!("Declined"), &json!(false))
    );
    assert_eq!(declined["actions"][0]["response_code"], "20151");
    assert!(declined["source"].get("id").is_none());
    assert!(harness.sandbox.ledger().is_empty());
}

#[test]
fn some_cards_are_rejected_whatever_the_buyer_does() {
    let harness = Harness::new();
    let (id, page) = challenge(&harness, CHALLENGE_REJECTED, 900);
    assert!(
        harness
            .browse(Method::POST, &page, "outcome=authenticate")
            .location()
            .contains("/ko")
    );
    assert_eq!(
        harness.get(&format!("/payments/{id}")).json["3ds"]["authentication_response"],
        "R"
    );
}

#[test]
fn the_issuer_still_decides_after_authentication() {
    let harness = Harness::new();
    let (id, page) = challenge(&harness, CHALLENGE, 101);
    assert!(
        harness
            .browse(Method::POST, &page, "outcome=authenticate")
            .location()
            .contains("/ko")
    );
    assert_eq!(
        harness.get(&format!("/payments/{id}/actions")).json[0]["response_code"],
        "20051"
    );
}

#[test]
fn a_frictionless_session_needs_no_click() {
    let harness = Harness::new();
    let (id, page) = challenge(&harness, FRICTIONLESS, 900);
    assert!(harness.browse(Method::GET, &page, "").location().contains("/ok"));
    assert_eq!(harness.status(&id), "Captured");
}

#[test]
fn an_abandoned_challenge_is_declined_after_15_minutes() {
    let harness = Harness::new();
    let (id, page) = challenge(&harness, CHALLENGE, 900);
    harness.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_eq!(harness.status(&id), "Pending");
    harness.advance(TimeDelta::seconds(1));
    let actions = harness.get(&format!("/payments/{id}/actions")).json;
    assert_eq!(
        (&actions[0]["response_code"], &actions[0]["approved"]),
        (&json!("20152"), &json!(false))
    );
    assert_eq!(harness.status(&id), "Declined");
    assert!(
        harness
            .browse(Method::POST, &page, "outcome=authenticate")
            .location()
            .contains("/ko")
    );
    assert!(harness.sandbox.ledger().is_empty());
}

#[test]
fn the_page_is_plain_escaped_and_locked_down() {
    let harness = Harness::new();
    let (_, page) = challenge(&harness, CHALLENGE, 900);
    let shown = harness.browse(Method::GET, &page, "");
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("value=\"authenticate\"") && shown.text.contains("value=\"fail\""));
    assert!(shown.text.contains("&lt;b&gt;R&lt;/b&gt;") && !shown.text.contains("<b>R"));
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"));
    // Browsers apply form-action to the redirect after the form as well.
    assert!(
        policy.contains("form-action 'self' https://shop.example https://shop.example:8443"),
        "{policy}"
    );
    assert_eq!(
        harness.browse(Method::POST, &page, "outcome=maybe").status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        harness.browse(Method::DELETE, &page, "").status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let unknown = format!("{PUBLIC_URL}/sandbox/checkout_com/3ds/sid_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(
        harness.browse(Method::GET, &unknown, "").status,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn a_shop_without_urls_leaves_the_buyer_on_a_last_page() {
    let harness = Harness::new();
    let reply = harness.post(
        "/payments",
        &with(payment(CHALLENGE, 900), json!({ "3ds": { "enabled": true } })),
    );
    let page = reply.json["_links"]["redirect"]["href"].as_str().unwrap();
    let last = harness.browse(Method::POST, page, "outcome=authenticate");
    assert_eq!(last.status, StatusCode::OK);
    assert!(last.text.contains("approved"));
}

#[test]
fn cards_without_3ds_are_declined_unless_it_is_only_attempted() {
    let harness = Harness::new();
    let unsupported = "tok_sandboxthreedsunsupported2";
    let charge = |three_ds: Value| {
        harness
            .post(
                "/payments",
                &with(payment(unsupported, 900), json!({ "3ds": three_ds })),
            )
            .json
    };
    assert_eq!(charge(json!({ "enabled": true }))["response_code"], "20150");
    let downgraded = charge(json!({ "enabled": true, "attempt_n3d": true }));
    assert_eq!(
        (&downgraded["response_code"], &downgraded["3ds"]["downgraded"]),
        (&json!("10000"), &json!(true))
    );
    assert_eq!(charge(json!({ "enabled": false }))["response_code"], "10000");
}
