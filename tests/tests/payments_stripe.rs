//! `stripe_payments`: a PaymentIntent that the buyer's browser or the server confirms.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Service, Shop, bodies};

struct Scene {
    service: Service,
    api: Api,
    shop: Shop,
    buyer: Buyer,
    order: String,
}

async fn scene() -> Scene {
    let service = Service::start().await;
    let api = service.api().await;
    let psp = service.sandbox().url().to_owned();
    let shop = Shop::at(&api, &psp).await;
    let order = shop.order(1_000).await;
    let buyer = Buyer::at(&psp);
    Scene {
        service,
        api,
        shop,
        buyer,
        order,
    }
}

impl Scene {
    async fn create(&self) -> Answer {
        let body = bodies::stripe_payment(&self.order);
        self.api.post("/api/stripe_payments", &body).await.expect(201)
    }

    async fn create_with(&self, options: Value) -> Answer {
        let body = bodies::resource(
            "stripe_payments",
            json!({ "options": options }),
            json!({ "order": bodies::to_one("orders", &self.order) }),
        );
        self.api.post("/api/stripe_payments", &body).await
    }

    async fn patch(&self, id: &str, attributes: Value) -> Answer {
        let body = bodies::change("stripe_payments", id, attributes);
        self.api.patch(&format!("/api/stripe_payments/{id}"), &body).await
    }
}

#[track_caller]
fn text<'a>(answer: &'a Answer, attribute: &str) -> &'a str {
    let value = answer.attribute(attribute);
    value
        .as_str()
        .unwrap_or_else(|| panic!("{attribute} is {value} in {:#}", answer.body))
}

#[tokio::test]
async fn the_browser_confirms_with_the_client_secret() {
    let scene = scene().await;
    let payment = scene.create().await;
    assert_eq!(payment.header("location"), payment.body["data"]["links"]["self"]);
    let intent = scene.buyer.intent(&payment).await;
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["amount"], 1_000);
    assert_eq!(intent["currency"], "eur");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");

    let confirmed = scene.buyer.confirm(&payment, "pm_card_visa").await;
    assert_eq!(confirmed["status"], "requires_capture", "{confirmed:#}");
    let refreshed = scene
        .patch(payment.id(), json!({ "_refresh": true }))
        .await
        .expect(200);
    assert!(text(&refreshed, "charge_id").starts_with("ch_"));
    let instrument = refreshed.attribute("payment_instrument");
    assert_eq!(instrument["card_last_digits"], "4242", "{instrument:#}");

    let [authorization] = &scene.shop.authorizations(&scene.order).await[..] else {
        panic!("one authorization was expected")
    };
    assert_eq!(authorization["succeeded"], true);
    assert_eq!(authorization["amount_cents"], 1_000);
    assert_eq!(authorization["capture_balance_cents"], 1_000);
    assert_eq!(authorization["token"], *refreshed.attribute("stripe_id"));
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.shop.captures(&scene.order).await, Vec::<Value>::new());
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_second_refresh_records_nothing_twice() {
    let scene = scene().await;
    let payment = scene.create().await;
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    for _ in 0..2 {
        let _ = scene
            .patch(payment.id(), json!({ "_refresh": true }))
            .await
            .expect(200);
    }
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn the_server_confirms_with_a_payment_method_in_the_options() {
    let scene = scene().await;
    let options = json!({ "payment_method": "pm_card_visa", "note": "kept, not sent" });
    let payment = scene.create_with(options.clone()).await.expect(201);
    assert_eq!(*payment.attribute("options"), options);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect(200);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
    // A payment that holds money is not attempted again.
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect(200);
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn without_a_payment_method_there_is_nothing_to_authorize() {
    let scene = scene().await;
    let payment = scene.create().await;
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect_error(422, "VALIDATION_ERROR");
    assert_eq!(scene.shop.authorizations(&scene.order).await, Vec::<Value>::new());
}

#[tokio::test]
async fn after_a_decline_another_card_succeeds() {
    let scene = scene().await;
    let options = json!({ "payment_method": "pm_card_chargeDeclinedInsufficientFunds" });
    let payment = scene.create_with(options).await.expect(201);
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect(200);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    let options = json!({ "payment_method": "pm_card_visa" });
    let _ = scene
        .patch(payment.id(), json!({ "options": options, "_authorize": true }))
        .await
        .expect(200);
    let authorizations = scene.shop.authorizations(&scene.order).await;
    let succeeded: Vec<_> = authorizations.iter().map(|one| &one["succeeded"]).collect();
    assert_eq!(succeeded, [false, true]);
    assert_eq!(authorizations[0]["error_code"], "insufficient_funds");
    assert_ne!(
        authorizations[0]["gateway_transaction_id"],
        authorizations[1]["gateway_transaction_id"]
    );
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_decline_in_the_browser_is_recorded_once() {
    let scene = scene().await;
    let payment = scene.create().await;
    let declined = scene.buyer.confirm(&payment, "pm_card_chargeDeclined").await;
    assert_eq!(declined["error"]["code"], "card_declined", "{declined:#}");
    for _ in 0..2 {
        let _ = scene
            .patch(payment.id(), json!({ "_refresh": true }))
            .await
            .expect(200);
    }
    let [failed] = &scene.shop.authorizations(&scene.order).await[..] else {
        panic!("one authorization was expected")
    };
    assert_eq!(failed["succeeded"], false);
    // The same intent takes another card.
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    let _ = scene
        .patch(payment.id(), json!({ "_refresh": true }))
        .await
        .expect(200);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
}

#[tokio::test]
async fn options_that_move_money_are_refused_with_pointers() {
    let scene = scene().await;
    let options = json!({ "amount": 1, "transfer_data": {}, "capture_method": "automatic", "customer": 7 });
    let mut refused = scene.create_with(options).await;
    for name in ["amount", "transfer_data", "capture_method", "customer"] {
        refused = refused
            .expect_error(422, "VALIDATION_ERROR")
            .expect_pointer(&format!("/data/attributes/options/{name}"));
    }
    let payment = scene.create().await;
    let _ = scene
        .patch(
            payment.id(),
            json!({ "options": { "application_fee_amount": 1 } }),
        )
        .await
        .expect_error(422, "VALIDATION_ERROR")
        .expect_pointer("/data/attributes/options/application_fee_amount");
}

#[tokio::test]
async fn a_changed_total_is_shown_and_pushed_with_update() {
    let scene = scene().await;
    let options = json!({ "payment_method": "pm_card_visa" });
    let payment = scene.create_with(options).await.expect(201);
    assert_eq!(*payment.attribute("mismatched_amounts"), false);
    scene.shop.add(&scene.order, 250).await;
    let path = format!("/api/stripe_payments/{}", payment.id());
    let seen = scene.api.get(&path).await.expect(200);
    assert_eq!(*seen.attribute("mismatched_amounts"), true);
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect_error(422, "VALIDATION_ERROR");
    let updated = scene
        .patch(payment.id(), json!({ "_update": true }))
        .await
        .expect(200);
    assert_eq!(*updated.attribute("mismatched_amounts"), false);
    assert_eq!(scene.buyer.intent(&payment).await["amount"], 1_250);
    let _ = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect(200);
    let booked = scene.service.sandbox().ledger().await;
    assert_eq!(
        booked.iter().map(|entry| entry.amount).collect::<Vec<_>>(),
        [1_250]
    );
}

#[tokio::test]
async fn a_second_source_replaces_an_unconfirmed_one() {
    let scene = scene().await;
    let first = scene.create().await;
    let second = scene.create().await;
    assert_ne!(first.id(), second.id());
    assert_eq!(scene.buyer.intent(&first).await["status"], "canceled");
    assert_eq!(
        scene.buyer.intent(&second).await["status"],
        "requires_payment_method"
    );
    // A payment that was given up can't be paid any more, its replacement can.
    let refused = scene.buyer.confirm(&first, "pm_card_visa").await;
    assert!(refused["error"].is_object(), "{refused:#}");
    scene.buyer.confirm(&second, "pm_card_visa").await;
    let _ = scene
        .patch(second.id(), json!({ "_refresh": true }))
        .await
        .expect(200);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
}

#[tokio::test]
async fn beside_an_authorization_there_is_no_second_source() {
    let scene = scene().await;
    let first = scene.create().await;
    scene.buyer.confirm(&first, "pm_card_visa").await;
    let _ = scene
        .patch(first.id(), json!({ "_refresh": true }))
        .await
        .expect(200);
    let bodies = [
        ("/api/stripe_payments", bodies::stripe_payment(&scene.order)),
        (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&scene.order, "tok_4gzeau5o2uqubbk6fufs3m7p54"),
        ),
        ("/api/v1/payments", bodies::payment(&scene.order, "tok_visa")),
    ];
    for (path, body) in bodies {
        let _ = scene
            .api
            .post(path, &body)
            .await
            .expect(422)
            .expect_pointer("/data/relationships/order");
    }
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_confirmation_that_nobody_told_us_of_stands() {
    let scene = scene().await;
    let first = scene.create().await;
    // The buyer paid in another tab; the service does not know of it.
    scene.buyer.confirm(&first, "pm_card_visa").await;
    let body = bodies::stripe_payment(&scene.order);
    let refused = scene.api.post("/api/stripe_payments", &body).await.expect(422);
    let _ = refused.expect_pointer("/data/relationships/order");
    let path = format!("/api/stripe_payments/{}", first.id());
    let _ = scene.api.delete(&path).await.expect_error(423, "LOCKED");
    assert_eq!(scene.buyer.intent(&first).await["status"], "requires_capture");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn deleting_an_unconfirmed_source_cancels_its_intent() {
    let scene = scene().await;
    let payment = scene.create().await;
    let path = format!("/api/stripe_payments/{}", payment.id());
    let _ = scene.api.delete(&path).await.expect(204);
    assert_eq!(scene.buyer.intent(&payment).await["status"], "canceled");
    let _ = scene.api.get(&path).await.expect_error(404, "RECORD_NOT_FOUND");
    let order = scene
        .api
        .get(&format!("/api/orders/{}", scene.order))
        .await
        .expect(200);
    let source = &order.body["data"]["relationships"]["payment_source"]["data"];
    assert!(source.is_null(), "{source}");
    // The order can be paid again.
    scene.create().await;
}

#[tokio::test]
async fn the_source_of_an_order_that_costs_nothing_any_more_can_be_deleted() {
    let scene = scene().await;
    let payment = scene.create().await;
    let list = scene
        .api
        .get(&format!("/api/orders/{}/line_items", scene.order))
        .await
        .expect(200);
    for item in list.body["data"].as_array().expect("a list") {
        let path = format!("/api/line_items/{}", item["id"].as_str().expect("an id"));
        let _ = scene.api.delete(&path).await.expect(204);
    }
    let path = format!("/api/stripe_payments/{}", payment.id());
    let _ = scene.api.delete(&path).await.expect(204);
    assert_eq!(scene.buyer.intent(&payment).await["status"], "canceled");
}

#[tokio::test]
async fn a_source_that_holds_money_can_t_be_deleted() {
    let scene = scene().await;
    let payment = scene.create().await;
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    let path = format!("/api/stripe_payments/{}", payment.id());
    let _ = scene
        .patch(payment.id(), json!({ "_refresh": true }))
        .await
        .expect(200);
    let _ = scene.api.delete(&path).await.expect_error(423, "LOCKED");
    assert_eq!(scene.buyer.intent(&payment).await["status"], "requires_capture");
}
