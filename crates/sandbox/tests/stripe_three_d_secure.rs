//! Payments that need the buyer.

#![allow(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod stripe_support;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use stripe_support::{Shop, id};

const RETURN: &str = "return_url=https%3A%2F%2Fshop.example%2Fback%3Fcart%3D1";

fn page(shop: &Shop, method: &str, url: &str, body: &'static str) -> Response<Bytes> {
    let path = url
        .strip_prefix("http://127.0.0.1:8081")
        .expect("the page is on the sandbox's own origin");
    shop.send(
        Request::builder()
            .method(method)
            .uri(path)
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap(),
    )
}

fn redirect_url(pi: &Value) -> &str {
    assert_eq!(pi["status"], "requires_action");
    assert_eq!(pi["next_action"]["type"], "redirect_to_url");
    pi["next_action"]["redirect_to_url"]["url"].as_str().unwrap()
}

#[test]
fn the_buyer_authenticates_and_returns_to_the_shop() {
    let shop = Shop::open();
    let pi = shop
        .pay(
            "pm_card_threeDSecure2Required",
            &format!("capture_method=manual&{RETURN}"),
        )
        .ok();
    let url = redirect_url(&pi);
    let form = page(&shop, "GET", url, "");
    assert!(String::from_utf8_lossy(form.body()).contains("20.00 EUR"));
    let policy = form.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self' https://shop.example")
    );
    let back = page(&shop, "POST", url, "outcome=authenticate");
    assert_eq!(back.status(), 303);
    assert_eq!(
        back.headers()["location"].to_str().unwrap(),
        format!(
            "https://shop.example/back?cart=1&payment_intent={}&payment_intent_client_secret={}&redirect_status=succeeded",
            id(&pi),
            pi["client_secret"].as_str().unwrap()
        )
    );
    let pi = shop
        .get(&format!("/v1/payment_intents/{}?expand[]=latest_charge", id(&pi)))
        .ok();
    assert_eq!(
        (&pi["status"], &pi["next_action"]),
        (&json!("requires_capture"), &Value::Null)
    );
    let card = &pi["latest_charge"]["payment_method_details"]["card"];
    assert_eq!(card["three_d_secure"]["result"], "authenticated");
    assert_eq!(page(&shop, "POST", url, "outcome=authenticate").status(), 404);
}

#[test]
fn a_failed_authentication_and_a_decline_after_it_leave_the_payment_open() {
    let shop = Shop::open();
    for (method, outcome, code) in [
        (
            "pm_card_threeDSecure2Required",
            "outcome=fail",
            "payment_intent_authentication_failure",
        ),
        (
            "pm_card_threeDSecureRequiredChargeDeclined",
            "outcome=authenticate",
            "card_declined",
        ),
    ] {
        let pi = shop.pay(method, RETURN).ok();
        let back = page(&shop, "POST", redirect_url(&pi), outcome);
        assert!(
            back.headers()["location"]
                .to_str()
                .unwrap()
                .ends_with("redirect_status=failed")
        );
        let pi = shop.get(&format!("/v1/payment_intents/{}", id(&pi))).ok();
        assert_eq!(pi["status"], "requires_payment_method");
        assert_eq!(pi["last_payment_error"]["code"], code);
        assert_eq!(pi["payment_method"], Value::Null);
    }
}

#[test]
fn the_page_needs_the_key_of_the_challenge() {
    let shop = Shop::open();
    let pi = shop.pay("pm_card_threeDSecure2Required", RETURN).ok();
    let url = redirect_url(&pi);
    let (address, _) = url.split_once('?').unwrap();
    assert_eq!(page(&shop, "GET", address, "").status(), 404);
    assert_eq!(
        page(
            &shop,
            "POST",
            &format!("{address}?challenge=x"),
            "outcome=authenticate"
        )
        .status(),
        404
    );
}

#[test]
fn an_absent_buyer_or_an_impatient_server_is_declined() {
    let shop = Shop::open();
    let error = shop
        .pay("pm_card_authenticationRequired", "off_session=true")
        .refused(402);
    assert_eq!(
        (&error["code"], &error["decline_code"]),
        (
            &json!("authentication_required"),
            &json!("authentication_required")
        )
    );
    let error = shop
        .pay("pm_card_authenticationRequired", "error_on_requires_action=true")
        .refused(402);
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
}

#[test]
fn cards_ask_only_when_their_rule_says_so() {
    let shop = Shop::open();
    let status = |method: &str, more: &str| shop.pay(method, more).ok()["status"].clone();
    assert_eq!(
        status(
            "pm_card_authenticationRequiredSetupForOffSession",
            "off_session=true"
        ),
        "succeeded"
    );
    assert_eq!(
        status("pm_card_authenticationRequiredSetupForOffSession", RETURN),
        "requires_action"
    );
    assert_eq!(status("pm_card_threeDSecureOptional", RETURN), "succeeded");
    let asked = "payment_method_options[card][request_three_d_secure]=any";
    assert_eq!(
        status("pm_card_threeDSecureOptional", &format!("{RETURN}&{asked}")),
        "requires_action"
    );
    assert_eq!(status("pm_card_visa", &format!("{RETURN}&{asked}")), "succeeded");
}

#[test]
fn a_card_set_up_with_authentication_pays_off_session_later() {
    let shop = Shop::open();
    let customer = shop.post("/v1/customers", "email=ann@shop.example").id();
    let more = format!("customer={customer}&setup_future_usage=off_session&{RETURN}");
    let pi = shop.pay("pm_card_authenticationRequiredOnSetup", &more).ok();
    page(&shop, "POST", redirect_url(&pi), "outcome=authenticate");
    let methods = shop
        .get(&format!("/v1/customers/{customer}/payment_methods?type=card"))
        .ok();
    let method = id(&methods["data"][0]);
    assert_eq!(
        shop.pay(method, &format!("customer={customer}&off_session=true"))
            .ok()["status"],
        "succeeded"
    );
}

#[test]
fn without_a_return_url_only_the_browser_library_can_finish() {
    let shop = Shop::open();
    let pi = shop.pay("pm_card_threeDSecure2Required", "").ok();
    assert_eq!(pi["next_action"]["type"], "use_stripe_sdk");
    let pi = shop
        .pay(
            "pm_card_threeDSecure2Required",
            &format!("{RETURN}&use_stripe_sdk=true"),
        )
        .ok();
    assert_eq!(pi["next_action"]["type"], "use_stripe_sdk");
}

#[test]
fn a_manual_confirmation_is_repeated_by_the_server() {
    let shop = Shop::open();
    let pi = shop
        .pay(
            "pm_card_threeDSecure2Required",
            &format!("confirmation_method=manual&{RETURN}"),
        )
        .ok();
    page(&shop, "POST", redirect_url(&pi), "outcome=authenticate");
    let path = format!("/v1/payment_intents/{}", id(&pi));
    assert_eq!(shop.get(&path).ok()["status"], "requires_confirmation");
    let secret = pi["client_secret"].as_str().unwrap();
    let by_browser = shop.browser(
        "POST",
        &format!("{path}/confirm"),
        &format!("client_secret={secret}"),
    );
    assert_eq!(by_browser.refused(400)["code"], "payment_intent_unexpected_state");
    assert_eq!(
        shop.post(&format!("{path}/confirm"), "").ok()["status"],
        "succeeded"
    );
}
