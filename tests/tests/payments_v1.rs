//! `/api/v1/payments`: one call that authorizes and captures, or a payment that the browser confirms.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Service, Shop, bodies};

const PATH: &str = "/api/v1/payments";

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
    async fn pay(&self, attributes: Value) -> Answer {
        let of = json!({ "order": bodies::to_one("order", &self.order) });
        self.api
            .post(PATH, &bodies::resource("payments", attributes, of))
            .await
    }

    async fn assert_paid(&self) {
        assert_eq!(self.shop.payment_status(&self.order).await, "paid");
        assert_eq!(self.shop.status(&self.order).await, "placed");
        assert_eq!(self.service.sandbox().kinds().await, ["authorize", "capture"]);
    }
}

#[tokio::test]
async fn a_token_pays_and_places_the_order() {
    let scene = scene().await;
    let payment = scene.pay(json!({ "stripe_token": "tok_visa" })).await.expect(201);
    assert_eq!(*payment.attribute("state"), "finished");
    assert_eq!(*payment.attribute("amount-cents"), 1_000);
    assert_eq!(*payment.attribute("currency"), "EUR");
    assert_eq!(*payment.attribute("user-name"), "ada@example.com");
    assert_eq!(payment.header("location"), payment.body["data"]["links"]["self"]);
    scene.assert_paid().await;
    let [authorization] = &scene.shop.authorizations(&scene.order).await[..] else {
        panic!("one authorization was expected")
    };
    assert_eq!(authorization["succeeded"], true);
    assert_eq!(authorization["capture_balance_cents"], 0);
    let [capture] = &scene.shop.captures(&scene.order).await[..] else {
        panic!("one capture was expected")
    };
    assert_eq!(capture["succeeded"], true);
    assert_eq!(capture["amount_cents"], 1_000);
}

#[tokio::test]
async fn a_saved_payment_method_pays_too_and_dasherized_names_are_read() {
    let scene = scene().await;
    let payment = scene
        .pay(json!({ "stripe-payment-method-id": "pm_card_visa" }))
        .await
        .expect(201);
    assert_eq!(*payment.attribute("state"), "finished");
    scene.assert_paid().await;
}

#[tokio::test]
async fn a_decline_is_an_error_with_the_payment_s_id() {
    let scene = scene().await;
    for (token, code) in [
        ("tok_chargeDeclinedInsufficientFunds", "card_declined"),
        ("tok_chargeDeclinedExpiredCard", "expired_card"),
        ("tok_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
    ] {
        let declined = scene
            .pay(json!({ "stripe-token": token }))
            .await
            .expect_error(422, code);
        let error = declined.errors().next().expect("an error");
        assert_eq!(error["title"], "base");
        let id = error["meta"]["payment_id"].as_str().expect("the payment's id");
        let payment = scene.api.get(&format!("{PATH}/{id}")).await.expect(200);
        assert_eq!(*payment.attribute("state"), "failed");
    }
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    let failed = scene.shop.authorizations(&scene.order).await;
    assert_eq!(failed.len(), 3);
    assert!(failed.iter().all(|one| one["succeeded"] == false));
    // Another card pays.
    let _ = scene.pay(json!({ "stripe_token": "tok_visa" })).await.expect(201);
    scene.assert_paid().await;
}

#[tokio::test]
async fn authentication_is_asked_for_and_the_payment_finishes_after_it() {
    let scene = scene().await;
    let payment = scene
        .pay(json!({ "stripe_token": "pm_card_threeDSecure2Required" }))
        .await
        .expect(201);
    assert_eq!(*payment.attribute("state"), "requires_action");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    let page = payment
        .attribute("redirect-url")
        .as_str()
        .expect("a page")
        .to_owned();
    assert_eq!(scene.buyer.open(&page).await, 200);
    let back = scene.buyer.authenticate(&page, "authenticate").await;
    assert_eq!(scene.buyer.open(&back).await, 200, "{back}");
    let done = scene
        .api
        .get(&format!("{PATH}/{}", payment.id()))
        .await
        .expect(200);
    assert_eq!(*done.attribute("state"), "finished");
    assert!(done.attribute("redirect-url").is_null());
    scene.assert_paid().await;
}

#[tokio::test]
async fn a_failed_authentication_captures_nothing() {
    let scene = scene().await;
    let payment = scene
        .pay(json!({ "stripe_token": "pm_card_threeDSecure2Required" }))
        .await
        .expect(201);
    let page = payment.attribute("redirect-url").as_str().expect("a page");
    scene.buyer.authenticate(page, "fail").await;
    let done = scene
        .api
        .get(&format!("{PATH}/{}", payment.id()))
        .await
        .expect(200);
    assert_eq!(*done.attribute("state"), "failed");
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
}

#[tokio::test]
async fn without_an_instrument_the_browser_confirms() {
    let scene = scene().await;
    let payment = scene.pay(json!({})).await.expect(201);
    assert_eq!(*payment.attribute("state"), "pending");
    let secret = payment
        .attribute("client-secret")
        .as_str()
        .expect("a client secret");
    let source = scene
        .api
        .get(&format!("/api/stripe_payments/{}", payment.id()))
        .await
        .expect(200);
    assert_eq!(*source.attribute("client_secret"), *secret);
    let confirmed = scene.buyer.confirm(&source, "pm_card_visa").await;
    assert_eq!(confirmed["status"], "succeeded", "{confirmed:#}");
    let done = scene
        .api
        .get(&format!("{PATH}/{}", payment.id()))
        .await
        .expect(200);
    assert_eq!(*done.attribute("state"), "finished");
    scene.assert_paid().await;
}

#[tokio::test]
async fn two_instruments_exclude_each_other() {
    let scene = scene().await;
    let both = json!({ "stripe_token": "tok_visa", "stripe_payment_method_id": "pm_card_visa" });
    let _ = scene.pay(both).await.expect_error(400, "mutual_exclusion");
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
}

#[tokio::test]
async fn both_forms_of_the_linkage_are_read() {
    let scene = scene().await;
    for linkage in [
        json!({ "data": { "type": "order", "id": scene.order } }),
        json!({ "data": { "type": "orders", "id": scene.order } }),
        json!({ "type": "order", "id": scene.order }),
    ] {
        // Without an instrument nothing is charged, so each payment can replace the one before.
        let body = bodies::resource("payments", json!({}), json!({ "order": linkage }));
        let payment = scene.api.post(PATH, &body).await.expect(201);
        let order = scene
            .api
            .get(&format!("{PATH}/{}/order", payment.id()))
            .await
            .expect(200);
        assert_eq!(order.id(), scene.order);
        assert_eq!(order.body["data"]["type"], "orders");
    }
}

#[tokio::test]
async fn the_list_has_this_dialect_s_pages() {
    let scene = scene().await;
    let mut created = Vec::new();
    for _ in 0..3 {
        created.push(scene.pay(json!({})).await.expect(201).id().to_owned());
    }
    let mut listed = Vec::new();
    for (page, count) in [(1, 2), (2, 1)] {
        let list = scene
            .api
            .get(&format!("{PATH}?page={page}&per_page=2"))
            .await
            .expect(200);
        assert_eq!(list.body["meta"]["total-count"], 3);
        assert_eq!(list.body["meta"]["total-pages"], 2);
        let items = list.body["data"].as_array().expect("a list");
        assert_eq!(items.len(), count);
        listed.extend(
            items
                .iter()
                .filter_map(|item| item["id"].as_str().map(str::to_owned)),
        );
    }
    created.sort();
    listed.sort();
    assert_eq!(listed, created);
}

#[tokio::test]
async fn the_same_payment_is_seen_in_both_dialects() {
    let scene = scene().await;
    let payment = scene.pay(json!({ "stripe_token": "tok_visa" })).await.expect(201);
    let source = scene
        .api
        .get(&format!("/api/stripe_payments/{}", payment.id()))
        .await
        .expect(200);
    assert_eq!(source.id(), payment.id());
    let stripe_id = source.attribute("stripe_id").as_str().expect("a PaymentIntent");
    let booked = scene.service.sandbox().ledger().await;
    assert!(
        booked.iter().all(|entry| entry.payment_id == stripe_id),
        "{booked:?}"
    );
    let body = bodies::stripe_payment(&scene.order);
    let _ = scene.api.post("/api/stripe_payments", &body).await.expect(422);
}

#[tokio::test]
async fn an_order_with_nothing_to_pay_takes_no_payment() {
    let scene = scene().await;
    let free = scene.shop.order(0).await;
    let _ = scene
        .api
        .post(PATH, &bodies::payment(&free, "tok_visa"))
        .await
        .expect(422)
        .expect_pointer("/data/relationships/order");
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
}
