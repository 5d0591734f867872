//! A PSP that doesn't answer: an unknown outcome stays pending, blocks a second attempt, and is resolved; it is never guessed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Service, Shop, bodies};

const APPROVED: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
/// Longer than the pauses of the first few checks for an outcome.
const LIMIT: Duration = Duration::from_secs(60);

struct Scene {
    service: Service,
    api: Api,
    shop: Shop,
    order: String,
}

/// A service that waits one second for its PSPs.
async fn scene() -> Scene {
    let service = Service::start_with(&["--gateway-timeout", "1"]).await;
    let api = service.api().await;
    let shop = Shop::at(&api, service.sandbox().url()).await;
    let order = shop.order(1_000).await;
    Scene {
        service,
        api,
        shop,
        order,
    }
}

impl Scene {
    async fn fault(&self, fault: Value) {
        self.service.sandbox().fault(&fault).await;
    }

    /// Reads a resource until its payment is decided. Every answer in between must be a success.
    async fn decided(&self, path: &str, is_decided: impl Fn(&Answer) -> bool) -> Answer {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = self.api.get(path).await.expect(200);
            if is_decided(&answer) {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "not decided in {LIMIT:?}: {:#}",
                answer.body
            );
        }
    }
}

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let call = api.call("POST", path).header("Idempotency-Key", key);
    call.json(body).send().await
}

#[track_caller]
fn assert_payment_pending(refused: Answer) {
    let refused = refused.expect(422).expect_pointer("/data/relationships/order");
    let error = refused.errors().next().expect("an error");
    assert_eq!(error["meta"]["error"], "payment_pending", "{error:#}");
}

#[tokio::test]
async fn a_captured_payment_whose_answer_is_lost_is_never_charged_again() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "stripe", "fault": "drop_after" }))
        .await;
    let body = bodies::payment(&scene.order, "tok_visa");
    let lost = post(&scene.api, "/api/v1/payments", "k", &body).await.expect(201);
    assert_eq!(*lost.attribute("state"), "processing");
    assert_ne!(lost.header("retry-after"), "");
    assert_eq!(
        scene.shop.authorizations(&scene.order).await[0]["message"],
        "pending"
    );
    // Neither the same request nor another one is sent to the PSP.
    let again = post(&scene.api, "/api/v1/payments", "k", &body).await;
    let _ = again.expect_error(409, "idempotency_key_in_use");
    for key in ["k2", "k3"] {
        assert_payment_pending(post(&scene.api, "/api/v1/payments", key, &body).await);
    }
    scene.service.sandbox().clear_faults().await;

    let path = format!("/api/v1/payments/{}", lost.id());
    let found = scene
        .decided(&path, |answer| *answer.attribute("state") != "processing")
        .await;
    assert_eq!(*found.attribute("state"), "finished");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "paid");
    assert_eq!(scene.shop.status(&scene.order).await, "placed");
    let replayed = post(&scene.api, "/api/v1/payments", "k", &body).await.expect(201);
    assert_eq!(replayed.id(), lost.id());
    assert_eq!(*replayed.attribute("state"), "finished");
    assert_eq!(replayed.header("location"), lost.header("location"));
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize", "capture"]);
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
    assert_eq!(scene.shop.captures(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn a_created_intent_whose_answer_is_lost_is_found_by_our_id() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "stripe", "fault": "drop_after" }))
        .await;
    let body = bodies::stripe_payment(&scene.order);
    let lost = post(&scene.api, "/api/stripe_payments", "k", &body)
        .await
        .expect(201);
    assert!(lost.attribute("client_secret").is_null());
    assert_ne!(lost.header("retry-after"), "");
    assert_payment_pending(post(&scene.api, "/api/stripe_payments", "k2", &body).await);
    scene.service.sandbox().clear_faults().await;
    let path = format!("/api/stripe_payments/{}", lost.id());
    let found = scene
        .decided(&path, |answer| !answer.attribute("client_secret").is_null())
        .await;
    let replayed = post(&scene.api, "/api/stripe_payments", "k", &body)
        .await
        .expect(201);
    assert_eq!(
        replayed.body["data"]["attributes"],
        found.body["data"]["attributes"]
    );
}

#[tokio::test]
async fn a_checkout_com_payment_whose_answer_is_lost_is_found_by_our_reference() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "checkout_com", "fault": "drop_after" }))
        .await;
    let body = bodies::checkout_com_payment(&scene.order, APPROVED);
    let path = "/api/checkout_com_payments";
    let lost = post(&scene.api, path, "k", &body).await.expect(201);
    assert!(lost.attribute("payment_response").is_null());
    assert_ne!(lost.header("retry-after"), "");
    assert_payment_pending(post(&scene.api, path, "k2", &body).await);
    assert_payment_pending(
        post(
            &scene.api,
            "/api/v1/payments",
            "k3",
            &bodies::payment(&scene.order, "tok_visa"),
        )
        .await,
    );
    scene.service.sandbox().clear_faults().await;
    let path = format!("{path}/{}", lost.id());
    let found = scene
        .decided(&path, |answer| !answer.attribute("payment_response").is_null())
        .await;
    assert_eq!(found.attribute("payment_response")["status"], "Authorized");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_lost_decline_is_found_as_a_decline() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "stripe", "fault": "drop_after" }))
        .await;
    let body = bodies::payment(&scene.order, "tok_chargeDeclinedExpiredCard");
    let lost = post(&scene.api, "/api/v1/payments", "k", &body).await.expect(201);
    scene.service.sandbox().clear_faults().await;
    let path = format!("/api/v1/payments/{}", lost.id());
    let found = scene
        .decided(&path, |answer| *answer.attribute("state") != "processing")
        .await;
    assert_eq!(*found.attribute("state"), "failed");
    assert_eq!(
        scene.shop.authorizations(&scene.order).await[0]["error_code"],
        "expired_card"
    );
    // The order can be paid with another card.
    let body = bodies::payment(&scene.order, "tok_visa");
    let _ = post(&scene.api, "/api/v1/payments", "k2", &body)
        .await
        .expect(201);
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize", "capture"]);
}

#[tokio::test]
async fn a_lost_confirmation_is_found() {
    let scene = scene().await;
    let options = json!({ "options": { "payment_method": "pm_card_visa" } });
    let of = json!({ "order": bodies::to_one("orders", &scene.order) });
    let body = bodies::resource("stripe_payments", options, of);
    let payment = scene.api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    scene
        .fault(json!({ "vendor": "stripe", "fault": "drop_after" }))
        .await;
    let authorize = bodies::change("stripe_payments", payment.id(), json!({ "_authorize": true }));
    let lost = scene.api.patch(&path, &authorize).await.expect(200);
    assert_ne!(lost.header("retry-after"), "");
    let _ = scene.api.patch(&path, &authorize).await.expect(422);
    scene.service.sandbox().clear_faults().await;
    scene
        .decided(&path, |answer| !answer.attribute("charge_id").is_null())
        .await;
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_request_that_is_lost_on_its_way_is_sent_again() {
    for (path, vendor, kinds) in [
        ("/api/v1/payments", "stripe", &["authorize", "capture"][..]),
        ("/api/checkout_com_payments", "checkout_com", &["authorize"]),
    ] {
        let scene = scene().await;
        scene
            .fault(json!({ "vendor": vendor, "fault": "drop_before" }))
            .await;
        let body = match vendor {
            "stripe" => bodies::payment(&scene.order, "tok_visa"),
            _ => bodies::checkout_com_payment(&scene.order, APPROVED),
        };
        let lost = post(&scene.api, path, "k", &body).await.expect(201);
        assert_ne!(lost.header("retry-after"), "");
        assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
        scene.service.sandbox().clear_faults().await;
        // The order is not read from the PSP: a GET of the payment, or the background task, decides it.
        let resource = format!("{path}/{}", lost.id());
        let order = scene.order.clone();
        let deadline = Instant::now() + LIMIT;
        while scene.shop.payment_status(&order).await == "unpaid" {
            let _ = scene.api.get(&resource).await.expect(200);
            assert!(Instant::now() < deadline, "not decided in {LIMIT:?}");
        }
        assert_eq!(scene.service.sandbox().kinds().await, kinds);
        assert_eq!(scene.shop.authorizations(&order).await.len(), 1);
    }
}

#[tokio::test]
async fn the_background_task_finds_out_what_nobody_asks_for() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "stripe", "fault": "drop_after" }))
        .await;
    let body = bodies::payment(&scene.order, "tok_visa");
    let _ = post(&scene.api, "/api/v1/payments", "k", &body).await.expect(201);
    scene.service.sandbox().clear_faults().await;
    let deadline = Instant::now() + LIMIT;
    // A GET of the order asks no PSP.
    while scene.shop.payment_status(&scene.order).await != "paid" {
        assert!(Instant::now() < deadline, "not decided in {LIMIT:?}");
    }
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize", "capture"]);
}

#[tokio::test]
async fn errors_of_the_psp_s_servers_prove_nothing() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "checkout_com", "method": "POST", "fault": "error", "status": 500 }))
        .await;
    let body = bodies::checkout_com_payment(&scene.order, APPROVED);
    let lost = post(&scene.api, "/api/checkout_com_payments", "k", &body)
        .await
        .expect(201);
    assert_ne!(lost.header("retry-after"), "");
    assert_eq!(
        scene.shop.authorizations(&scene.order).await[0]["message"],
        "pending"
    );
    assert_payment_pending(post(&scene.api, "/api/checkout_com_payments", "k2", &body).await);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_lose_its_payment() {
    let scene = scene().await;
    scene
        .fault(json!({ "vendor": "stripe", "method": "POST", "fault": "delay", "delay_ms": 700, "times": 1 }))
        .await;
    let body = bodies::payment(&scene.order, "tok_visa");
    let call = scene
        .api
        .call("POST", "/api/v1/payments")
        .header("Idempotency-Key", "k")
        .json(&body);
    let request = tokio::spawn(call.try_send());
    while scene.service.sandbox().ledger().await.is_empty() {
        assert!(!request.is_finished(), "the request ended and charged nothing");
    }
    request.abort();
    assert!(request.await.is_err(), "the client was to go before the answer");
    let deadline = Instant::now() + LIMIT;
    while scene.shop.payment_status(&scene.order).await != "paid" {
        assert!(Instant::now() < deadline, "not decided in {LIMIT:?}");
    }
    let _ = post(&scene.api, "/api/v1/payments", "k", &body).await.expect(201);
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize", "capture"]);
}
