//! `kill -9` between the three steps of a payment. The PSPs are a process of their own, so that they continue.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Psp, Service, Shop, bodies};

const APPROVED: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
/// A start checks open calls at once; this is for a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

struct Scene {
    psp: Psp,
    service: Service,
    api: Api,
    shop: Shop,
    order: String,
}

/// A service that waits for its PSPs much longer than it lives.
async fn scene() -> Scene {
    let psp = Psp::start().await;
    let service = Service::start_with(&[&Psp::ALLOWED[..], &["--gateway-timeout", "100"]].concat()).await;
    let api = service.api().await;
    let shop = Shop::at(&api, psp.url()).await;
    let order = shop.order(1_000).await;
    Scene {
        psp,
        service,
        api,
        shop,
        order,
    }
}

/// The moment of the kill.
#[derive(Clone, Copy)]
enum Moment {
    /// The intent is committed and the request is lost on its way: the PSP has done nothing.
    BeforeTheEffect,
    /// The PSP has executed it and its answer has not arrived yet.
    BeforeTheResult,
}

impl Scene {
    fn request(&self, method: &str, path: &str, body: &Value) -> tillgate_tests::Call {
        self.api
            .call(method, path)
            .header("Idempotency-Key", "k")
            .json(body)
    }

    /// Sends a request, kills the service at a moment of its call to the PSP, and starts it again.
    async fn kill_during(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        psp_method: &str,
        moment: Moment,
    ) {
        let (mut fault, times) = match moment {
            Moment::BeforeTheEffect => (json!({ "fault": "drop_before" }), 1_000),
            Moment::BeforeTheResult => (json!({ "fault": "delay", "delay_ms": 100_000 }), 1),
        };
        fault["method"] = psp_method.into();
        fault["times"] = times.into();
        let sandbox = self.psp.sandbox();
        sandbox.fault(&fault).await;
        let request = tokio::spawn(self.request(method, path, body).try_send());
        // A fault that has hit a request is gone, or has fewer hits left.
        let waits = async || {
            sandbox
                .faults()
                .await
                .first()
                .is_some_and(|fault| fault["times"] == times)
        };
        while waits().await {
            assert!(
                !request.is_finished(),
                "the request ended without a call to the PSP"
            );
        }
        self.service.kill9();
        let answer = request.await.expect("no panic");
        assert!(
            answer.is_err(),
            "the service was to be killed before it answers: {answer:?}"
        );
        sandbox.clear_faults().await;
        self.service.restart().await;
    }

    /// A client without an answer sends the same request again, until it is not told to wait.
    async fn again(&self, method: &str, path: &str, body: &Value) -> Answer {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = self.request(method, path, body).send().await;
            let waits = answer.status == 409
                || answer
                    .errors()
                    .any(|error| error["meta"]["error"] == "payment_pending");
            if !waits {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "not decided in {LIMIT:?}: {:#}",
                answer.body
            );
        }
    }

    /// Waits until the start has resolved it: a GET of the order asks no PSP.
    async fn wait_for_status(&self, wanted: &str) {
        let deadline = Instant::now() + LIMIT;
        while self.shop.payment_status(&self.order).await != wanted {
            assert!(Instant::now() < deadline, "not {wanted} in {LIMIT:?}");
        }
    }
}

async fn a_payment_is_charged_once(moment: Moment) {
    let mut scene = scene().await;
    let body = bodies::payment(&scene.order, "tok_visa");
    scene
        .kill_during("POST", "/api/v1/payments", &body, "POST", moment)
        .await;
    scene.wait_for_status("paid").await;
    assert_eq!(scene.shop.status(&scene.order).await, "placed");
    let retried = scene.again("POST", "/api/v1/payments", &body).await.expect(201);
    assert_eq!(*retried.attribute("state"), "finished");
    assert_ne!(retried.header("location"), "");
    assert_eq!(scene.psp.sandbox().kinds().await, ["authorize", "capture"]);
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
    assert_eq!(scene.shop.captures(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn a_payment_that_had_not_reached_the_psp_is_charged_once() {
    a_payment_is_charged_once(Moment::BeforeTheEffect).await;
}

#[tokio::test]
async fn a_payment_that_the_psp_had_taken_is_charged_once() {
    a_payment_is_charged_once(Moment::BeforeTheResult).await;
}

async fn an_authorization_is_made_once(moment: Moment) {
    let mut scene = scene().await;
    let path = "/api/checkout_com_payments";
    let body = bodies::checkout_com_payment(&scene.order, APPROVED);
    scene.kill_during("POST", path, &body, "POST", moment).await;
    scene.wait_for_status("authorized").await;
    let retried = scene.again("POST", path, &body).await.expect(201);
    assert_eq!(retried.attribute("payment_response")["status"], "Authorized");
    assert_eq!(scene.psp.sandbox().kinds().await, ["authorize"]);
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn an_authorization_that_had_not_reached_the_psp_is_made_once() {
    an_authorization_is_made_once(Moment::BeforeTheEffect).await;
}

#[tokio::test]
async fn an_authorization_that_the_psp_had_made_is_made_once() {
    an_authorization_is_made_once(Moment::BeforeTheResult).await;
}

async fn an_intent_is_made_once(moment: Moment) {
    let mut scene = scene().await;
    let path = "/api/stripe_payments";
    let body = bodies::stripe_payment(&scene.order);
    scene.kill_during("POST", path, &body, "POST", moment).await;
    let retried = scene.again("POST", path, &body).await.expect(201);
    let buyer = Buyer::at(scene.psp.url());
    let confirmed = buyer.confirm(&retried, "pm_card_visa").await;
    assert_eq!(confirmed["status"], "requires_capture", "{confirmed:#}");
    let refresh = bodies::change("stripe_payments", retried.id(), json!({ "_refresh": true }));
    let _ = scene
        .api
        .patch(&format!("{path}/{}", retried.id()), &refresh)
        .await
        .expect(200);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.psp.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn an_intent_that_had_not_reached_the_psp_is_made_once() {
    an_intent_is_made_once(Moment::BeforeTheEffect).await;
}

#[tokio::test]
async fn an_intent_that_the_psp_had_made_is_made_once() {
    an_intent_is_made_once(Moment::BeforeTheResult).await;
}

async fn a_confirmation_is_made_once(moment: Moment) {
    let mut scene = scene().await;
    let options = json!({ "options": { "payment_method": "pm_card_visa" } });
    let of = json!({ "order": bodies::to_one("orders", &scene.order) });
    let body = bodies::resource("stripe_payments", options, of);
    let payment = scene.api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    let authorize = bodies::change("stripe_payments", payment.id(), json!({ "_authorize": true }));
    scene
        .kill_during("PATCH", &path, &authorize, "POST", moment)
        .await;
    scene.wait_for_status("authorized").await;
    let _ = scene.again("PATCH", &path, &authorize).await.expect(200);
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
    assert_eq!(scene.psp.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_confirmation_that_had_not_reached_the_psp_is_made_once() {
    a_confirmation_is_made_once(Moment::BeforeTheEffect).await;
}

#[tokio::test]
async fn a_confirmation_that_the_psp_had_made_is_made_once() {
    a_confirmation_is_made_once(Moment::BeforeTheResult).await;
}

#[tokio::test]
async fn a_source_that_was_being_replaced_can_t_be_paid_beside_the_new_one() {
    for moment in [Moment::BeforeTheEffect, Moment::BeforeTheResult] {
        let mut scene = scene().await;
        let path = "/api/stripe_payments";
        let body = bodies::stripe_payment(&scene.order);
        let first = scene.api.post(path, &body).await.expect(201);
        scene.kill_during("POST", path, &body, "POST", moment).await;
        let second = scene.again("POST", path, &body).await.expect(201);
        let buyer = Buyer::at(scene.psp.url());
        let refused = buyer.confirm(&first, "pm_card_visa").await;
        assert!(refused["error"].is_object(), "{refused:#}");
        let confirmed = buyer.confirm(&second, "pm_card_visa").await;
        assert_eq!(confirmed["status"], "requires_capture", "{confirmed:#}");
        assert_eq!(scene.psp.sandbox().kinds().await, ["authorize"]);
    }
}

#[tokio::test]
async fn a_refresh_that_was_cut_off_can_be_sent_again() {
    let mut scene = scene().await;
    let body = bodies::stripe_payment(&scene.order);
    let payment = scene.api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    let refresh = bodies::change("stripe_payments", payment.id(), json!({ "_refresh": true }));
    scene
        .kill_during("PATCH", &path, &refresh, "GET", Moment::BeforeTheResult)
        .await;
    let _ = scene.again("PATCH", &path, &refresh).await.expect(200);
}
