//! `Idempotency-Key` where money is at stake: the owner of a key, its lifetime, and replays.

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
        // 409 while the first is in progress, 422 while it gives the present source up.
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
    // The same key from another application is that application's first request.
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
    // A query makes it another request, known or not.
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
    let service = Service::start_with(&tillgate_tests::Psp::ALLOWED).await;
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

/// A guest of the demo's sales channel; each one has their own token.
async fn guest_order(service: &Service) -> String {
    let market = service.demo("TILLGATE_MARKET_ID");
    bodies::order(&service.api().await, &market, 1_000).await
}

#[tokio::test]
async fn guests_who_choose_the_same_key_do_not_meet() {
    let service = Service::start().await;
    let (one, other) = (login::guest(&service).await, login::guest(&service).await);
    // A resource without an order belongs to the token.
    let order = bodies::resource(
        "orders",
        json!({ "customer_email": "one@example.com" }),
        json!({}),
    );
    let first = post(&one, "/api/orders", "order-1", &order).await.expect(201);
    let second = post(&other, "/api/orders", "order-1", &order).await.expect(201);
    assert_ne!(first.id(), second.id());
    let another = bodies::resource(
        "orders",
        json!({ "customer_email": "two@example.com" }),
        json!({}),
    );
    let _ = post(&one, "/api/orders", "order-1", &another).await.expect(422);
    let again = post(&one, "/api/orders", "order-1", &order).await.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), "true");
    // Payments of different orders are separate, whatever the token.
    let orders = [guest_order(&service).await, guest_order(&service).await];
    for order in &orders {
        let body = bodies::payment(order, "pm_card_visa");
        let paid = post(&one, PAYMENTS, "pay", &body).await.expect(201);
        assert!(!paid.headers.contains_key("idempotent-replayed"));
    }
    let change =
        |id: &str| json!({ "data": { "type": "orders", "id": id, "attributes": { "language_code": "de" } } });
    for id in [first.id(), second.id()] {
        let changed = patch(&one, &format!("/api/orders/{id}"), "change", &change(id)).await;
        assert!(!changed.expect(200).headers.contains_key("idempotent-replayed"));
    }
}

#[tokio::test]
async fn a_guest_who_pays_again_with_another_token_from_another_address_gets_the_first_answer() {
    let service = Service::start_with(&["--trusted-proxy", "127.0.0.1"]).await;
    for path in [PAYMENTS, "/api/stripe_payments", "/api/checkout_com_payments"] {
        let order = guest_order(&service).await;
        let body = match path {
            PAYMENTS => bodies::payment(&order, "pm_card_visa"),
            "/api/stripe_payments" => bodies::stripe_payment(&order),
            _ => bodies::checkout_com_payment(&order, "tok_4gzeau5o2uqubbk6fufs3m7p54"),
        };
        let mut answers = Vec::new();
        for address in ["203.0.113.1", "198.51.100.1"] {
            let guest = login::guest(&service).await;
            let call = guest.call("POST", path).header("Idempotency-Key", "k");
            let call = call.header("X-Forwarded-For", address).json(&body);
            answers.push(call.send().await.expect(201));
        }
        assert_eq!(answers[0].body, answers[1].body);
        assert_eq!(answers[1].header("idempotent-replayed"), "true");
    }
}
