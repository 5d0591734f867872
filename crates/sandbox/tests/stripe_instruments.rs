//! Tokens, payment methods and customers.

mod stripe_support;

use serde_json::{Value, json};
use stripe_support::{Shop, id};

fn token(shop: &Shop, number: &str) -> String {
    let form = format!("card[number]={number}&card[exp_month]=12&card[exp_year]=2030&card[cvc]=123");
    shop.browser("POST", "/v1/tokens", &form).id()
}

fn by_token(token: &str) -> String {
    format!(
        "amount=2000&currency=eur&confirm=true&payment_method_types[]=card&payment_method_data[type]=card&payment_method_data[card][token]={token}"
    )
}

#[test]
fn a_token_behaves_as_its_card_and_is_used_up() {
    let shop = Shop::open();
    let declined = token(&shop, "4000000000009995");
    let error = shop
        .post("/v1/payment_intents", &by_token(&declined))
        .refused(402);
    assert_eq!(error["decline_code"], "insufficient_funds");
    assert_eq!(
        shop.post("/v1/payment_intents", &by_token(&declined))
            .refused(400)["code"],
        "token_already_used"
    );
    let error = shop
        .post("/v1/payment_intents", &by_token("tok_none"))
        .refused(400);
    assert_eq!(error["code"], "resource_missing");
    for _ in 0..2 {
        assert_eq!(
            shop.post("/v1/payment_intents", &by_token("tok_visa")).ok()["status"],
            "succeeded"
        );
    }
}

#[test]
fn cards_are_checked_when_a_token_is_made() {
    let shop = Shop::open();
    for (form, code) in [
        (
            "card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=2030",
            "incorrect_number",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=13&card[exp_year]=2030",
            "invalid_expiry_month",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=10&card[exp_year]=2026",
            "invalid_expiry_month",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2025",
            "invalid_expiry_year",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030&card[cvc]=1",
            "invalid_cvc",
        ),
    ] {
        assert_eq!(
            shop.browser("POST", "/v1/tokens", form).refused(402)["code"],
            code,
            "{form}"
        );
    }
    let form = "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030";
    assert_eq!(
        shop.post("/v1/tokens", form).refused(400)["param"],
        "card[number]"
    );
}

#[test]
fn a_valid_number_that_is_no_test_card_is_declined() {
    let shop = Shop::open();
    let unknown = token(&shop, "4111111111111111");
    let error = shop.post("/v1/payment_intents", &by_token(&unknown)).refused(402);
    assert_eq!(error["decline_code"], "test_mode_live_card");
}

#[test]
fn an_unattached_method_pays_once_and_a_customer_s_again_and_again() {
    let shop = Shop::open();
    let form = "type=card&card[token]=tok_visa&billing_details[email]=ann@shop.example";
    let method = shop.post("/v1/payment_methods", form).ok();
    assert_eq!(method["billing_details"]["email"], "ann@shop.example");
    assert_eq!(shop.pay(id(&method), "").ok()["payment_method"], method["id"]);
    assert!(
        shop.pay(id(&method), "").refused(400)["message"]
            .as_str()
            .unwrap()
            .contains("previously used")
    );

    let customer = shop.post("/v1/customers", "name=Ann&metadata[ref]=1").id();
    let saved = shop
        .post(
            "/v1/payment_methods/pm_card_visa/attach",
            &format!("customer={customer}"),
        )
        .ok();
    assert_eq!(saved["customer"], json!(customer));
    for _ in 0..2 {
        assert_eq!(
            shop.pay(id(&saved), &format!("customer={customer}")).ok()["status"],
            "succeeded"
        );
    }
    assert_eq!(shop.pay(id(&saved), "").refused(400)["param"], "payment_method");
    let other = shop.post("/v1/customers", "").id();
    assert_eq!(shop.pay(id(&saved), &format!("customer={other}")).status, 400);

    let path = format!("/v1/payment_methods/{}", id(&saved));
    assert_eq!(
        shop.post(&format!("{path}/detach"), "").ok()["customer"],
        Value::Null
    );
    assert_eq!(
        shop.post(&format!("{path}/attach"), &format!("customer={customer}"))
            .status,
        400
    );
    assert_eq!(shop.pay(id(&saved), &format!("customer={customer}")).status, 400);
}

#[test]
fn a_method_that_was_set_up_for_later_can_still_be_attached() {
    let shop = Shop::open();
    let paid = shop.pay("pm_card_visa", "setup_future_usage=off_session").ok();
    assert_eq!(paid["customer"], Value::Null);
    let customer = shop.post("/v1/customers", "").id();
    let path = format!("/v1/payment_methods/{}", paid["payment_method"].as_str().unwrap());
    assert_eq!(shop.get(&path).ok()["customer"], Value::Null);
    let form = format!("customer={customer}");
    for _ in 0..2 {
        assert_eq!(
            shop.post(&format!("{path}/attach"), &form).ok()["customer"],
            json!(customer)
        );
    }
    let refused = shop.post(&format!("{path}/attach"), "customer=cus_unknown");
    assert_eq!(refused.status, 400);
    assert_eq!(
        shop.pay(id(&shop.get(&path).ok()), &format!("{form}&off_session=true"))
            .ok()["status"],
        "succeeded"
    );
}

#[test]
fn a_declining_card_is_refused_by_the_customer_unless_it_is_made_for_that() {
    let shop = Shop::open();
    let customer = shop.post("/v1/customers", "").id();
    let attach = |alias: &str| {
        shop.post(
            &format!("/v1/payment_methods/{alias}/attach"),
            &format!("customer={customer}"),
        )
    };
    assert_eq!(
        attach("pm_card_visa_chargeDeclined").refused(402)["code"],
        "card_declined"
    );
    let method = attach("pm_card_chargeCustomerFail").ok();
    assert_eq!(
        shop.pay(id(&method), &format!("customer={customer}"))
            .refused(402)["code"],
        "card_declined"
    );
}

#[test]
fn customers_are_kept_changed_and_deleted() {
    let shop = Shop::open();
    let customer = shop
        .post(
            "/v1/customers",
            "email=ann@shop.example&metadata[a]=1&metadata[b]=2&source=tok_visa",
        )
        .ok();
    let source = customer["default_source"].as_str().unwrap();
    assert!(source.starts_with("card_"));
    assert_eq!(
        shop.pay(source, &format!("customer={}", id(&customer))).ok()["status"],
        "succeeded"
    );
    let path = format!("/v1/customers/{}", id(&customer));
    let changed = shop
        .post(&path, "email=&metadata[a]=&metadata[c]=3&address[city]=Rome")
        .ok();
    assert_eq!(changed["email"], Value::Null);
    assert_eq!(changed["metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(changed["address"]["city"], "Rome");
    assert_eq!(
        shop.post(&path, "email=nowhere").refused(400)["code"],
        "email_invalid"
    );
    assert_eq!(shop.call("DELETE", &path, "", &[]).ok()["deleted"], true);
    assert_eq!(shop.get(&path).ok()["deleted"], true);
    assert_eq!(shop.post(&path, "name=Bea").status, 404);
    let form = format!("amount=2000&currency=eur&customer={}", id(&customer));
    assert_eq!(
        shop.post("/v1/payment_intents", &form).refused(400)["code"],
        "resource_missing"
    );
}
