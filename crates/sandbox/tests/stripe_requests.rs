//! Requirements on every request: authenticated, well-formed, known, and the same under the same key.

mod stripe_support;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stripe_support::{PUBLISHABLE, SECRET, Shop, id};

const CREATE: &str = "amount=2000&currency=eur&payment_method_types[]=card";

#[test]
fn keys_are_taken_by_basic_and_bearer_and_nothing_else() {
    let shop = Shop::open();
    // base64 of `sk_test_0123456789:`
    let basic = "Basic c2tfdGVzdF8wMTIzNDU2Nzg5Og==";
    assert_eq!(
        shop.call("POST", "/v1/payment_intents", CREATE, &[("Authorization", basic)])
            .status,
        200
    );
    for header in ["Bearer nonsense", "Bearer", "Token sk_test_0123456789", ""] {
        let answer = shop.call("GET", "/v1/payment_intents", "", &[("Authorization", header)]);
        assert!(answer.headers.contains_key("www-authenticate") && answer.headers.contains_key("request-id"));
        assert_eq!(answer.refused(401)["type"], "invalid_request_error", "{header}");
    }
    let by_browser = shop.browser("POST", "/v1/refunds", "payment_intent=pi_x");
    assert_eq!(by_browser.refused(403)["code"], "secret_key_required");
}

#[test]
fn answers_carry_the_request_id_and_echo_the_version() {
    let shop = Shop::open();
    let answer = shop.call(
        "GET",
        "/v1/payment_intents",
        "",
        &[("Stripe-Version", "2026-06-24.dahlia")],
    );
    assert_eq!(answer.headers["stripe-version"], "2026-06-24.dahlia");
    assert!(answer.headers["request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(
        shop.call("GET", "/v1/payment_intents", "", &[("Stripe-Version", "newest")])
            .status,
        400
    );
}

#[test]
fn parameters_are_checked_one_by_one() {
    let shop = Shop::open();
    for (form, param, code) in [
        ("currency=eur", "amount", json!("parameter_missing")),
        ("amount=2000", "currency", json!("parameter_missing")),
        (
            "amount=20.00&currency=eur",
            "amount",
            json!("parameter_invalid_integer"),
        ),
        ("amount=&currency=eur", "amount", json!("parameter_invalid_empty")),
        ("amount=49&currency=eur", "amount", json!("amount_too_small")),
        (
            "amount=100000000&currency=eur",
            "amount",
            json!("amount_too_large"),
        ),
        ("amount=2000&currency=btc", "currency", Value::Null),
        (
            "amount=2000&currency=eur&colour=red",
            "colour",
            json!("parameter_unknown"),
        ),
        (
            "amount=2000&currency=eur&shipping[name]=A&shipping[address][line9]=x",
            "shipping[address][line9]",
            json!("parameter_unknown"),
        ),
        ("amount=2000&currency=eur&confirm=yes", "confirm", Value::Null),
        (
            "amount=2000&currency=eur&capture_method=later",
            "capture_method",
            Value::Null,
        ),
        (
            "amount=2000&currency=eur&metadata[a][b]=c",
            "metadata[a]",
            Value::Null,
        ),
        (
            "amount=2000&currency=eur&payment_method_types=card",
            "payment_method_types",
            Value::Null,
        ),
        (
            "amount=2000&currency=eur&off_session=true",
            "off_session",
            Value::Null,
        ),
        ("amount=2000&currency=eur&expand[]=balance", "expand", Value::Null),
        (
            "amount=2000&currency=eur&customer=cus_none",
            "customer",
            json!("resource_missing"),
        ),
        (
            "amount=2000&currency=eur&payment_method=pm_none",
            "payment_method",
            json!("resource_missing"),
        ),
    ] {
        let error = shop.post("/v1/payment_intents", form).refused(400);
        assert_eq!(
            (&error["param"], &error["code"]),
            (&json!(param), &code),
            "{form}"
        );
    }
    assert_eq!(shop.get("/v1/payment_intents").ok()["data"], json!([]));
    let both = format!("{CREATE}&automatic_payment_methods[enabled]=true");
    assert_eq!(shop.post("/v1/payment_intents", &both).status, 400);
    let error = shop.get("/v1/payment_intents/pi_none").refused(404);
    assert_eq!(
        (&error["code"], &error["message"]),
        (
            &json!("resource_missing"),
            &json!("No such payment_intent: 'pi_none'")
        )
    );
    assert_eq!(shop.get("/v1/nothing").status, 404);
}

#[test]
fn a_server_side_confirmation_of_automatic_methods_needs_a_return_url() {
    let shop = Shop::open();
    let form = "amount=2000&currency=eur&confirm=true&payment_method=pm_card_visa";
    assert_eq!(
        shop.post("/v1/payment_intents", form).refused(400)["param"],
        "return_url"
    );
    let never = format!(
        "{form}&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
    );
    assert_eq!(
        shop.post("/v1/payment_intents", &never).ok()["status"],
        "succeeded"
    );
}

#[test]
fn only_forms_are_read() {
    let shop = Shop::open();
    let request = http::Request::post("/v1/payment_intents")
        .header("Authorization", format!("Bearer {SECRET}"))
        .header("Content-Type", "application/json")
        .body(bytes::Bytes::from_static(b"{\"amount\":2000}"))
        .unwrap();
    assert_eq!(shop.send(request).status(), 400);
}

#[test]
fn the_same_key_gets_the_same_answer_for_a_day() {
    let shop = Shop::open();
    let first = shop.post_keyed("/v1/payment_intents", CREATE, "order-1");
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = shop.post_keyed("/v1/payment_intents", CREATE, "order-1");
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["idempotency-key"], "order-1");
    assert_eq!(again.body, first.body);
    let other_params = shop.post_keyed("/v1/payment_intents", &CREATE.replace("2000", "2001"), "order-1");
    assert_eq!(other_params.refused(400)["type"], "idempotency_error");
    let other_endpoint = shop.post_keyed("/v1/customers", CREATE, "order-1");
    assert_eq!(other_endpoint.refused(400)["type"], "idempotency_error");
    shop.clock.advance(TimeDelta::hours(24));
    let next_day = shop.post_keyed("/v1/payment_intents", CREATE, "order-1");
    assert_ne!(next_day.id(), first.id());
}

#[test]
fn declines_are_kept_under_a_key_and_validation_errors_are_not() {
    let shop = Shop::open();
    let decline = format!("{CREATE}&confirm=true&payment_method=pm_card_chargeDeclined");
    let first = shop.post_keyed("/v1/payment_intents", &decline, "a");
    let again = shop.post_keyed("/v1/payment_intents", &decline, "a");
    assert_eq!((first.status, again.status), (402, 402));
    assert_eq!(again.body, first.body);
    assert_eq!(
        shop.get("/v1/payment_intents").ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        shop.post_keyed("/v1/payment_intents", "amount=1", "b").status,
        400
    );
    assert_eq!(shop.post_keyed("/v1/payment_intents", CREATE, "b").status, 200);
}

#[test]
fn live_and_test_keys_see_their_own_objects() {
    let shop = Shop::open();
    let pi = shop.post("/v1/payment_intents", CREATE).ok();
    let live = [("Authorization", "Bearer sk_live_0123456789")];
    let error = shop
        .call("GET", &format!("/v1/payment_intents/{}", id(&pi)), "", &live)
        .refused(404);
    assert!(error["message"].as_str().unwrap().contains("exists in test mode"));
    assert_eq!(
        shop.call("POST", "/v1/payment_intents", CREATE, &live).ok()["livemode"],
        true
    );
}

#[test]
fn a_browser_with_the_client_secret_pays() {
    let shop = Shop::open();
    let pi = shop.post("/v1/payment_intents", CREATE).ok();
    let (path, secret) = (
        format!("/v1/payment_intents/{}", id(&pi)),
        pi["client_secret"].as_str().unwrap(),
    );
    assert_eq!(
        shop.browser("GET", &path, "").refused(400)["param"],
        "client_secret"
    );
    assert_eq!(
        shop.browser("GET", &format!("{path}?client_secret=wrong"), "")
            .refused(400)["param"],
        "client_secret"
    );
    let seen = shop
        .browser("GET", &format!("{path}?client_secret={secret}"), "")
        .ok();
    assert_eq!(seen["amount"], 2000);
    assert_eq!(seen.get("metadata"), None);
    let form = format!(
        "client_secret={secret}&key={PUBLISHABLE}&payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=30&payment_method_data[card][cvc]=123"
    );
    assert_eq!(
        shop.browser("POST", &format!("{path}/confirm"), &form).ok()["status"],
        "succeeded"
    );
    assert_eq!(shop.get(&path).ok()["status"], "succeeded");
}

#[test]
fn confirming_takes_less_than_creating_and_least_from_a_browser() {
    let shop = Shop::open();
    let pi = shop
        .post(
            "/v1/payment_intents",
            &format!("{CREATE}&payment_method=pm_card_visa"),
        )
        .ok();
    let path = format!("/v1/payment_intents/{}/confirm", id(&pi));
    assert_eq!(
        shop.post(&path, "description=x").refused(400)["param"],
        "description"
    );
    let secret = pi["client_secret"].as_str().unwrap();
    for param in ["capture_method", "off_session", "amount_to_confirm"] {
        let form = format!("client_secret={secret}&{param}=manual");
        assert_eq!(
            shop.browser("POST", &path, &form).refused(400)["code"],
            "parameter_unknown",
            "{param}"
        );
    }
    assert_eq!(
        shop.post(&path, "amount_to_confirm=1999").refused(400)["param"],
        "amount_to_confirm"
    );
    let form = "amount_to_confirm=2000&capture_method=manual";
    assert_eq!(shop.post(&path, form).ok()["status"], "requires_capture");
}
