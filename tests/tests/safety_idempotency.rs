//! `Idempotency-Key` where money is at stake: whose a key is, how long it lasts, and what is replayed.

use futures::future::join_all;
use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Service, Shop, bodies, login};

const PAYMENTS: &str = "/api/v1/payments";

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let call = api.call("POST", path).header("Idempotency-Key", key);
    call.json(body).send().await
}

async fn patch(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let call = api.call("PATCH", path).header("Idempotency-Key", key);
    call.json(body).send().await
}

async fn shop(service: &Service) -> (Api, Shop) {
    let api = service.api().await;
    let shop = Shop::at(&api, service.sandbox().url()).await;
    (api, shop)
}

#[tokio::test]
async fn a_replay_leaves_an_unconfirmed_payment_alone() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(1_000).await;
    let body = bodies::stripe_payment(&order);
    let first = post(&api, "/api/stripe_payments", "k", &body).await.expect(201);
    let again = post(&api, "/api/stripe_payments", "k", &body).await.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let buyer = Buyer::at(service.sandbox().url());
    let intent = buyer.intent(&first).await;
    assert_eq!(intent["status"], "requires_payment_method");
}

#[tokio::test]
async fn fifty_identical_requests_replace_a_source_once() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(1_000).await;
    let body = bodies::stripe_payment(&order);
    let replaced = api.post("/api/stripe_payments", &body).await.expect(201);
    let answers = join_all((0..50).map(|_| post(&api, "/api/stripe_payments", "k", &body))).await;
    for answer in &answers {
        // 409 while the first is under way, 422 while it gives the present source up.
        assert!([201, 409, 422].contains(&answer.status), "{answer:?}");
    }
    let again = post(&api, "/api/stripe_payments", "k", &body).await.expect(201);
    assert_ne!(again.id(), replaced.id());
    let all = api.get("/api/stripe_payments").await.expect(200);
    assert_eq!(all.body["meta"]["record_count"], 2);
    let buyer = Buyer::at(service.sandbox().url());
    let intent = buyer.intent(&again).await;
    assert_eq!(intent["status"], "requires_payment_method");
}

#[tokio::test]
async fn a_paid_order_s_payment_is_replayed_after_a_restart() {
    let mut service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let body = bodies::payment(&shop.order(1_000).await, "tok_visa");
    let first = post(&api, PAYMENTS, "k", &body).await.expect(201);
    service.kill9();
    service.restart().await;
    let again = post(&api, PAYMENTS, "k", &body).await.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(service.sandbox().kinds().await, ["authorize", "capture"]);
}

#[tokio::test]
async fn a_decline_is_replayed_and_not_tried_again() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(1_000).await;
    let body = bodies::payment(&order, "tok_chargeDeclined");
    let first = post(&api, PAYMENTS, "k", &body)
        .await
        .expect_error(422, "card_declined");
    let again = post(&api, PAYMENTS, "k", &body)
        .await
        .expect_error(422, "card_declined");
    assert_eq!(again.body, first.body);
    assert_eq!(shop.authorizations(&order).await.len(), 1);
}

#[tokio::test]
async fn a_replayed_authorize_is_no_second_attempt() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(1_000).await;
    let options = json!({ "options": { "payment_method": "pm_card_chargeDeclined" } });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("stripe_payments", options, of);
    let payment = api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    let authorize = bodies::change("stripe_payments", payment.id(), json!({ "_authorize": true }));
    for _ in 0..2 {
        let _ = patch(&api, &path, "k", &authorize).await.expect(200);
    }
    assert_eq!(shop.authorizations(&order).await.len(), 1);
    let _ = patch(&api, &path, "another", &authorize).await.expect(200);
    assert_eq!(shop.authorizations(&order).await.len(), 2);
}

#[tokio::test]
async fn a_refused_request_is_replayed_although_it_could_succeed_now() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(0).await;
    let body = bodies::payment(&order, "tok_visa");
    let first = post(&api, PAYMENTS, "k", &body).await.expect(422);
    shop.add(&order, 1_000).await;
    let again = post(&api, PAYMENTS, "k", &body).await.expect(422);
    assert_eq!(again.body, first.body);
    let _ = post(&api, PAYMENTS, "new", &body).await.expect(201);
}

#[tokio::test]
async fn a_key_belongs_to_one_application() {
    let service = Service::start().await;
    let integration = service.api().await;
    let channel = login::guest(&service).await;
    let customer = |email: &str| json!({ "data": { "type": "customers", "attributes": { "email": email } } });
    let first = post(&integration, "/api/customers", "k", &customer("ada@example.com")).await;
    // Another request with the same key, from another application, is that application's first.
    let other = post(&channel, "/api/customers", "k", &customer("bob@example.com")).await;
    assert_ne!(first.expect(201).id(), other.expect(201).id());
}

#[tokio::test]
async fn a_key_belongs_to_one_path_and_query() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let (first, second) = (shop.order(1_000).await, shop.order(1_000).await);
    let change = |order: &str| bodies::change("orders", order, json!({ "language_code": "it" }));
    let path = format!("/api/orders/{first}");
    let _ = patch(&api, &path, "k", &change(&first)).await.expect(200);
    let _ = patch(&api, &format!("/api/orders/{second}"), "k", &change(&second))
        .await
        .expect_error(422, "IDEMPOTENCY_KEY_REUSED");
    let untouched = api.get(&format!("/api/orders/{second}")).await.expect(200);
    assert_eq!(*untouched.attribute("language_code"), "en");
    // Whether or not a query is known, it makes another request.
    let other = patch(
        &api,
        &format!("{path}?fields[orders]=number"),
        "k",
        &change(&first),
    )
    .await;
    assert!([400, 422].contains(&other.status), "{other:?}");
    assert_ne!(other.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused_before_anything_happens() {
    let service = Service::start().await;
    let (api, shop) = shop(&service).await;
    let order = shop.order(1_000).await;
    let body = bodies::payment(&order, "tok_visa");
    for key in ["", "with space", &"k".repeat(256)] {
        let refused = post(&api, PAYMENTS, key, &body).await.expect(400);
        let header = &refused.errors().next().expect("an error")["source"]["header"];
        assert_eq!(header, "Idempotency-Key");
    }
    assert_eq!(service.sandbox().kinds().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_psp_s_outage_refused_can_be_sent_again_with_the_same_key() {
    let mut psp = tillgate_tests::Psp::start().await;
    let service = Service::start().await;
    let api = service.api().await;
    let shop = Shop::at(&api, psp.url()).await;
    let order = shop.order(1_000).await;
    let body = bodies::payment(&order, "tok_visa");
    psp.stop();
    let refused = post(&api, PAYMENTS, "k", &body).await;
    let refused = refused.expect_error(503, "payment_gateway_unavailable");
    assert_ne!(refused.header("retry-after"), "");
    psp.restart().await;
    let _ = post(&api, PAYMENTS, "k", &body).await.expect(201);
    assert_eq!(psp.sandbox().kinds().await, ["authorize", "capture"]);
}
