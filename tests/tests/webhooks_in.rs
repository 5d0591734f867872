//! Events of the PSPs: the changes that they may cause, and those that they may not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Endpoint, JSON, Service, Shop, bodies, wait, webhook};

/// Well below the time after which a payment is read without an event.
const LIMIT: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_known_to_the_test";
const SECRET_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";
const STRIPE_KEY: &str = "sk_test_shop00000000";
/// The sandbox's reusable token for a card that requires 3-D Secure.
const CHALLENGE: &str = "tok_sandboxchallenge2222222222";

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
    async fn stripe_endpoint(&self) -> Endpoint {
        Endpoint::of(&self.api, "stripe_gateways", &self.shop.stripe_gateway, SECRET).await
    }

    async fn checkout_com_endpoint(&self) -> Endpoint {
        let gateway = &self.shop.checkout_com_gateway;
        Endpoint::of(&self.api, "checkout_com_gateways", gateway, SECRET).await
    }

    async fn stripe_payment(&self) -> Answer {
        let body = bodies::stripe_payment(&self.order);
        self.api.post("/api/stripe_payments", &body).await.expect(201)
    }

    /// A payment that the buyer has confirmed, while Stripe's own events are lost.
    async fn confirmed_unheard(&self) -> Answer {
        let lose = json!({ "vendor": "stripe", "fault": "webhook_lose" });
        self.service.sandbox().fault(&lose).await;
        let payment = self.stripe_payment().await;
        self.buyer.confirm(&payment, "pm_card_visa").await;
        payment
    }

    /// Waits until the order has a payment status, without asking any PSP.
    async fn wait_for(&self, payment_status: &str) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let now = self.shop.payment_status(&self.order).await;
            if now == payment_status {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{now}, not {payment_status}, after {LIMIT:?}"
            );
        }
    }

    /// Waits until the service has logged a line with all of these texts.
    async fn wait_for_log(&self, parts: &[&str]) {
        let found = wait::until(LIMIT, || {
            let log = self.service.log();
            log.lines()
                .any(|line| parts.iter().all(|part| line.contains(part)))
                .then_some(())
        });
        assert!(
            found.await.is_some(),
            "{parts:?} is not in the log after {LIMIT:?}"
        );
    }
}

#[track_caller]
fn text<'a>(answer: &'a Answer, attribute: &str) -> &'a str {
    let value = answer.attribute(attribute);
    value
        .as_str()
        .unwrap_or_else(|| panic!("{attribute} is {value} in {:#}", answer.body))
}

fn stripe_event(id: &str, kind: &str, intent: &str) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "created": webhook::now(), "livemode": false,
        "data": { "object": { "object": "payment_intent", "id": intent } }
    })
}

fn authorized(id: &str, payment: &Answer) -> Value {
    stripe_event(
        id,
        "payment_intent.amount_capturable_updated",
        text(payment, "stripe_id"),
    )
}

#[tokio::test]
async fn what_the_buyer_confirms_in_the_browser_is_heard_of() {
    let scene = scene().await;
    let payment = scene.stripe_payment().await;
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    scene.wait_for("authorized").await;
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn checkout_com_tells_of_what_the_buyer_authenticates_and_of_captures() {
    let scene = scene().await;
    let endpoint = scene.checkout_com_endpoint().await;
    endpoint.subscribe(&scene.service.sandbox(), SECRET_KEY).await;
    let body = bodies::checkout_com_payment(&scene.order, CHALLENGE);
    let payment = scene
        .api
        .post("/api/checkout_com_payments", &body)
        .await
        .expect(201);
    scene
        .buyer
        .authenticate(text(&payment, "redirect_uri"), "authenticate")
        .await;
    scene.wait_for("authorized").await;
    let place = bodies::change("orders", &scene.order, json!({ "_place": true }));
    let order = format!("/api/orders/{}", scene.order);
    let _ = scene.api.patch(&order, &place).await.expect(200);
    let capture = bodies::change("orders", &scene.order, json!({ "_approve_and_capture": true }));
    let _ = scene.api.patch(&order, &capture).await.expect(200);
    scene.wait_for("paid").await;
    scene
        .wait_for_log(&["a notification arrived", "payment_captured"])
        .await;
    assert_eq!(scene.shop.captures(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn what_the_psp_has_not_signed_just_now_is_refused() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let payment = scene.confirmed_unheard().await;
    let event = authorized("evt_1", &payment);
    let forger = endpoint.signing_with("whsec_of_somebody_else");
    forger.send(&event).await.expect_error(400, "INVALID_DATA_FORMAT");
    for time in [webhook::now() - 330, webhook::now() + 330] {
        let refused = endpoint.send_as_of(&event, time).await;
        refused.expect_error(400, "INVALID_DATA_FORMAT");
    }
    let unsigned = scene.service.anonymous().call("POST", &endpoint.url);
    let unsigned = unsigned.body("application/json", event.to_string());
    unsigned.send().await.expect_error(400, "INVALID_DATA_FORMAT");
    let checkout_com = scene.checkout_com_endpoint().await;
    let forger = checkout_com.signing_with("another secret");
    forger.send(&event).await.expect_error(400, "INVALID_DATA_FORMAT");
    let large = json!({ "padding": "x".repeat(1024 * 1024) });
    endpoint.send(&large).await.expect_error(413, "PAYLOAD_TOO_LARGE");
    assert!(!scene.service.log().contains("evt_1"));
    // The same event with a valid signature is no repetition.
    let _ = endpoint.send(&event).await.expect(200);
    scene.wait_for("authorized").await;
}

#[tokio::test]
async fn a_url_that_no_gateway_has_is_not_found() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let event = stripe_event("evt_1", "payment_intent.succeeded", "pi_1");
    let of_other_type = endpoint.url.replace("stripe_gateways", "checkout_com_gateways");
    let of_no_type = endpoint.url.replace("stripe_gateways", "manual_gateways");
    let shorter = endpoint.url[..endpoint.url.len() - 1].to_owned();
    for url in [of_other_type, of_no_type, shorter] {
        endpoint
            .at(&url)
            .send(&event)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
    }
}

#[tokio::test]
async fn the_secret_before_counts_while_the_psp_is_told_of_the_new_one() {
    let scene = scene().await;
    let first = scene.stripe_endpoint().await;
    first.rotate("whsec_the_second_one").await;
    let second = first.signing_with("whsec_the_second_one");
    let event = |id| stripe_event(id, "invoice.paid", "pi_1");
    let _ = first.send(&event("evt_1")).await.expect(200);
    let _ = second.send(&event("evt_2")).await.expect(200);
}

#[tokio::test]
async fn a_hundred_copies_at_once_are_one_event() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let payment = scene.confirmed_unheard().await;
    let event = authorized("evt_repeated", &payment);
    let copies = futures::future::join_all((0..100).map(|_| endpoint.send(&event))).await;
    for copy in copies {
        let _ = copy.expect(200);
    }
    scene.wait_for("authorized").await;
    let log = scene.service.log();
    let stored = log
        .lines()
        .filter(|line| line.contains("evt_repeated") && line.contains("a notification arrived"));
    let new: Vec<_> = stored.clone().filter(|line| line.contains("true")).collect();
    assert_eq!((stored.count(), new.len()), (100, 1));
    assert_eq!(scene.shop.authorizations(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn an_event_can_come_before_our_own_answer() {
    let scene = scene().await;
    let slow = json!({ "vendor": "stripe", "method": "POST", "path_prefix": "/v1/payment_intents",
        "fault": "delay", "delay_ms": 15_000, "times": 1 });
    scene.service.sandbox().fault(&slow).await;
    let (api, body) = (scene.api.clone(), bodies::payment(&scene.order, "tok_visa"));
    let request = tokio::spawn(async move { api.post("/api/v1/payments", &body).await });
    scene.wait_for("paid").await;
    assert!(!request.is_finished(), "the answer was to come later");
    let answer = request.await.expect("no panic").expect(201);
    assert_eq!(*answer.attribute("state"), "finished");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize", "capture"]);
    assert_eq!(scene.shop.captures(&scene.order).await.len(), 1);
}

#[tokio::test]
async fn an_event_moves_payments_of_its_own_gateway_only() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let other = Shop::at(&scene.api, scene.service.sandbox().url()).await;
    let other = Endpoint::of(
        &scene.api,
        "stripe_gateways",
        &other.stripe_gateway,
        "whsec_other",
    )
    .await;
    let payment = scene.confirmed_unheard().await;
    let _ = other
        .send(&authorized("evt_stranger", &payment))
        .await
        .expect(200);
    scene.wait_for_log(&["evt_stranger", "has no effect"]).await;
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    let _ = endpoint.send(&authorized("evt_own", &payment)).await.expect(200);
    scene.wait_for("authorized").await;
}

#[tokio::test]
async fn an_event_of_the_other_mode_is_left_to_a_person() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let nothing = scene.service.output_of(&["payments", "stuck"]);
    assert_eq!(nothing.status.code(), Some(0), "{nothing:?}");
    let payment = scene.confirmed_unheard().await;
    let mut event = authorized("evt_live", &payment);
    event["livemode"] = true.into();
    let _ = endpoint.send(&event).await.expect(200);
    let stuck = scene.service.output_of(&["payments", "stuck"]);
    assert_eq!(stuck.status.code(), Some(1), "{stuck:?}");
    let table = String::from_utf8_lossy(&stuck.stdout).into_owned();
    let line = table.lines().find(|line| line.starts_with("evt_live"));
    let line = line.unwrap_or_else(|| panic!("not in {table}"));
    for part in [
        "payment_intent.amount_capturable_updated",
        "test",
        text(&payment, "stripe_id"),
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    // An event of the right mode still counts.
    let _ = endpoint.send(&authorized("evt_test", &payment)).await.expect(200);
    scene.wait_for("authorized").await;
}

#[tokio::test]
async fn open_calls_are_listed_until_they_are_known() {
    let scene = scene().await;
    let fault = json!({ "vendor": "stripe", "fault": "error", "status": 500 });
    scene.service.sandbox().fault(&fault).await;
    let body = bodies::payment(&scene.order, "tok_visa");
    let _ = scene.api.post("/api/v1/payments", &body).await.expect(201);
    let open = scene.service.output_of(&["payments", "stuck"]);
    assert_eq!(open.status.code(), Some(0), "{open:?}");
    let table = String::from_utf8_lossy(&open.stdout).into_owned();
    assert!(
        table.starts_with("OPERATION") && table.contains("stripe_payments/"),
        "{table}"
    );
    scene.service.sandbox().clear_faults().await;
    scene.wait_for("paid").await;
    assert_eq!(scene.service.run(&["payments", "stuck"]), "Nothing is stuck.");
}

#[tokio::test]
async fn what_is_not_known_is_kept_and_acknowledged() {
    let scene = scene().await;
    let endpoint = scene.stripe_endpoint().await;
    let other = json!({
        "id": "evt_other", "object": "event", "type": "tax.settings.updated", "created": 1, "livemode": false,
        "data": { "object": { "object": "tax.settings" } }
    });
    let _ = endpoint.send(&other).await.expect(200);
    assert_eq!(scene.service.run(&["payments", "stuck"]), "Nothing is stuck.");
}

#[tokio::test]
async fn a_stripe_gateway_registers_its_endpoint_and_removes_it() {
    let scene = scene().await;
    let sandbox = scene.service.sandbox();
    let attributes = |base_url: &str| json!({ "name": "Stripe", "login": STRIPE_KEY, "base_url": base_url });
    let create = async |attributes: Value| {
        let body = bodies::resource("stripe_gateways", attributes, json!({}));
        scene.api.post("/api/stripe_gateways", &body).await
    };
    let registered = create(attributes(sandbox.url())).await.expect(201);
    let id = text(&registered, "webhook_endpoint_id");
    let endpoint = format!("/v1/webhook_endpoints/{id}");
    let (_, known) = sandbox.call("GET", &endpoint, STRIPE_KEY, None).await;
    assert_eq!(known["url"], *registered.attribute("webhook_endpoint_url"));
    let path = format!("/api/stripe_gateways/{}", registered.id());
    let _ = scene.api.delete(&path).await.expect(204);
    assert_eq!(sandbox.call("GET", &endpoint, STRIPE_KEY, None).await.0, 404);

    // This service has no URL that Stripe itself could reach.
    let far = create(attributes("https://api.stripe.com")).await.expect(201);
    assert!(far.attribute("webhook_endpoint_id").is_null());

    let fault = json!({ "vendor": "stripe", "path_prefix": "/v1/webhook_endpoints", "fault": "error", "status": 400 });
    sandbox.fault(&fault).await;
    let later = create(attributes(sandbox.url())).await.expect(201);
    assert!(later.attribute("webhook_endpoint_id").is_null());
    let mut checked = attributes(sandbox.url());
    checked["_check"] = true.into();
    let _ = create(checked).await.expect(422);
    sandbox.clear_faults().await;
    let check = bodies::change("stripe_gateways", later.id(), json!({ "_check": true }));
    let path = format!("/api/stripe_gateways/{}", later.id());
    let checked = scene.api.patch(&path, &check).await.expect(200);
    let id = text(&checked, "webhook_endpoint_id").to_owned();
    // One registration is enough.
    let again = scene.api.patch(&path, &check).await.expect(200);
    assert_eq!(text(&again, "webhook_endpoint_id"), id);
}

#[tokio::test]
async fn the_demo_hears_of_its_payments_after_a_restart_too() {
    let mut service = Service::start().await;
    for round in ["first", "second"] {
        let api = service.api().await;
        let buyer = Buyer::at(service.sandbox().url());
        let status = async |order: &str| {
            let found = api.get(&format!("/api/orders/{order}")).await.expect(200);
            text(&found, "payment_status").to_owned()
        };
        let stripe = service.demo("TILLGATE_STRIPE_ORDER_ID");
        let payment = api
            .post("/api/stripe_payments", &bodies::stripe_payment(&stripe))
            .await;
        let payment = payment.expect(201);
        buyer.confirm(&payment, "pm_card_visa").await;
        let checkout_com = service.demo("TILLGATE_CHECKOUT_COM_ORDER_ID");
        let body = bodies::checkout_com_payment(&checkout_com, CHALLENGE);
        let payment = api.post("/api/checkout_com_payments", &body).await.expect(201);
        buyer
            .authenticate(text(&payment, "redirect_uri"), "authenticate")
            .await;
        let deadline = Instant::now() + LIMIT;
        for order in [&stripe, &checkout_com] {
            while status(order).await != "authorized" {
                assert!(Instant::now() < deadline, "not heard of in the {round} run");
            }
        }
        service.terminate().await;
        service.restart().await;
    }
}

#[tokio::test]
async fn what_is_signed_and_no_event_is_refused() {
    let scene = scene().await;
    for endpoint in [scene.stripe_endpoint().await, scene.checkout_com_endpoint().await] {
        for text in [
            "",
            "nonsense",
            "{",
            "[]",
            "{}",
            r#"{"id":1}"#,
            r#"{"id":"evt_1","type":7}"#,
        ] {
            let answer = endpoint.send_text(text, webhook::now()).await;
            let _ = answer.expect_error(400, "INVALID_DATA_FORMAT");
        }
    }
}

/// A demo's clock advances with the sandbox's, so that an expiry can be tried, and later events are still accepted.
#[tokio::test]
async fn time_passes_for_the_demo_and_the_psps_alike() {
    let scene = scene().await;
    let sandbox = scene.service.sandbox();
    // An hour: access tokens last longer.
    sandbox.advance_all(3_600).await;
    let form = json!({ "grant_type": "client_credentials", "client_id": scene.service.demo("TILLGATE_SALES_CHANNEL_CLIENT_ID") });
    let call = scene
        .service
        .anonymous()
        .call("POST", "/oauth/token")
        .header("Accept", JSON);
    let token = call.json_as(JSON, &form).send().await.expect(200);
    let created = token.body["created_at"].as_u64().expect("seconds");
    assert!((3_500..3_800).contains(&(created - webhook::now())), "{created}");
    let payment = scene.stripe_payment().await;
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    scene.wait_for("authorized").await;
    // If the service's clock is not advanced, the PSPs' signatures still have its time.
    sandbox.advance(3_600).await;
    let order = scene.shop.order(1_000).await;
    let body = bodies::stripe_payment(&order);
    let payment = scene.api.post("/api/stripe_payments", &body).await.expect(201);
    scene.buyer.confirm(&payment, "pm_card_visa").await;
    Scene { order, ..scene }.wait_for("authorized").await;
}
