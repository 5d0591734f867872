//! `checkout_com_payments`: a payment with a token, requested on creation or on `_authorize`.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Buyer, Service, Setup, Shop, bodies};

const APPROVED: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
const PATH: &str = "/api/checkout_com_payments";

struct Scene {
    service: Service,
    api: Api,
    shop: Shop,
    buyer: Buyer,
    order: String,
}

async fn scene(authorize_on_create: bool) -> Scene {
    let service = Service::start().await;
    let api = service.api().await;
    let psp = service.sandbox().url().to_owned();
    let setup = Setup {
        authorize_on_create,
        ..Setup::at(&psp)
    };
    let shop = Shop::set_up(&api, &setup).await;
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
    async fn create(&self, token: &str) -> Answer {
        let body = bodies::checkout_com_payment(&self.order, token);
        self.api.post(PATH, &body).await.expect(201)
    }

    async fn patch(&self, id: &str, attributes: Value) -> Answer {
        let body = bodies::change("checkout_com_payments", id, attributes);
        self.api.patch(&format!("{PATH}/{id}"), &body).await
    }

    /// The only authorization of the order.
    async fn authorization(&self) -> Value {
        let mut all = self.shop.authorizations(&self.order).await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}

/// The sandbox's reusable tokens are padded to the usual length.
fn token(name: &str) -> String {
    format!("{:2<30}", format!("tok_sandbox{name}"))
}

#[tokio::test]
async fn an_approved_token_is_authorized_on_creation() {
    let scene = scene(true).await;
    let payment = scene.create(APPROVED).await;
    assert_eq!(payment.attribute("payment_response")["status"], "Authorized");
    assert_eq!(payment.attribute("payment_response")["amount"], 1_000);
    for (attribute, prefix) in [("source_id", "src_"), ("customer_token", "cus_")] {
        let value = payment.attribute(attribute).as_str().unwrap_or_default();
        assert!(value.starts_with(prefix), "{attribute}: {:#}", payment.body);
    }
    assert!(payment.attribute("redirect_uri").is_null());
    let authorization = scene.authorization().await;
    assert_eq!(authorization["succeeded"], true);
    assert_eq!(authorization["amount_cents"], 1_000);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_decline_is_shown_and_the_order_stays_payable() {
    let scene = scene(true).await;
    for (name, code) in [
        ("insufficientfunds", "20051"),
        ("expiredcard", "20054"),
        ("stolencard", "30043"),
    ] {
        let payment = scene.create(&token(name)).await;
        let response = payment.attribute("payment_response");
        assert_eq!(response["status"], "Declined", "{response:#}");
        let failed = scene.shop.authorizations(&scene.order).await;
        let failed = failed.last().expect("an authorization");
        assert_eq!(failed["succeeded"], false);
        assert_eq!(failed["error_code"], code);
        assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    }
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
    scene.create(APPROVED).await;
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
}

#[tokio::test]
async fn what_is_none_of_the_buyer_s_business_stays_with_the_merchant() {
    let scene = scene(true).await;
    scene.create(&token("stolencard")).await;
    let failed = scene.authorization().await;
    let message = failed["message"].as_str().unwrap_or_default().to_lowercase();
    assert!(!message.is_empty() && !message.contains("stolen"), "{failed:#}");
}

#[tokio::test]
async fn three_d_secure_ends_in_an_authorization() {
    let scene = scene(true).await;
    let payment = scene.create(&token("challenge")).await;
    let page = payment
        .attribute("redirect_uri")
        .as_str()
        .expect("a page")
        .to_owned();
    assert_eq!(scene.authorization().await["message"], "pending");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
    assert_eq!(scene.buyer.open(&page).await, 200);
    let back = scene.buyer.authenticate(&page, "authenticate").await;
    let (_, session) = back.split_once("cko-session-id=").expect("a session");
    assert_eq!(scene.buyer.open(&back).await, 200);
    let done = scene
        .patch(payment.id(), json!({ "session_id": session, "_details": true }))
        .await
        .expect(200);
    assert_eq!(*done.attribute("session_id"), session);
    assert_eq!(done.attribute("payment_response")["status"], "Authorized");
    assert!(done.attribute("redirect_uri").is_null());
    assert_eq!(scene.authorization().await["succeeded"], true);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn a_failed_three_d_secure_is_a_failed_authorization() {
    let scene = scene(true).await;
    let payment = scene.create(&token("challenge")).await;
    let page = payment
        .attribute("redirect_uri")
        .as_str()
        .expect("a page")
        .to_owned();
    scene.buyer.authenticate(&page, "fail").await;
    let done = scene
        .patch(payment.id(), json!({ "_details": true }))
        .await
        .expect(200);
    assert_eq!(done.attribute("payment_response")["status"], "Declined");
    let failed = scene.authorization().await;
    assert_eq!(failed["succeeded"], false);
    assert_ne!(failed["message"], "pending");
    assert!(failed["error_code"].is_string(), "{failed:#}");
    assert_eq!(scene.shop.payment_status(&scene.order).await, "unpaid");
}

#[tokio::test]
async fn the_buyer_comes_back_to_where_the_request_says() {
    let scene = scene(true).await;
    let attributes = json!({
        "payment_type": "token", "token": token("challenge"),
        "success_url": "https://shop.example/thanks", "failure_url": "https://shop.example/sorry"
    });
    let of = json!({ "order": bodies::to_one("orders", &scene.order) });
    let body = bodies::resource("checkout_com_payments", attributes, of);
    let payment = scene.api.post(PATH, &body).await.expect(201);
    let page = payment.attribute("redirect_uri").as_str().expect("a page");
    let back = scene.buyer.authenticate(page, "fail").await;
    assert!(back.starts_with("https://shop.example/sorry"), "{back}");
}

#[tokio::test]
async fn another_token_after_a_decline_is_a_new_attempt() {
    let scene = scene(true).await;
    let payment = scene.create(&token("insufficientfunds")).await;
    let again = scene
        .patch(payment.id(), json!({ "token": APPROVED, "_authorize": true }))
        .await
        .expect(200);
    assert_eq!(*again.attribute("token"), APPROVED);
    assert_eq!(again.attribute("payment_response")["status"], "Authorized");
    let authorizations = scene.shop.authorizations(&scene.order).await;
    let succeeded: Vec<_> = authorizations.iter().map(|one| &one["succeeded"]).collect();
    assert_eq!(succeeded, [false, true]);
    assert_ne!(authorizations[0]["token"], authorizations[1]["token"]);
    assert_eq!(scene.service.sandbox().kinds().await, ["authorize"]);
}

#[tokio::test]
async fn nothing_is_requested_until_authorize() {
    let scene = scene(false).await;
    let payment = scene.create(APPROVED).await;
    for attribute in ["payment_response", "source_id", "customer_token", "redirect_uri"] {
        assert!(payment.attribute(attribute).is_null(), "{attribute}");
    }
    assert_eq!(scene.shop.authorizations(&scene.order).await, Vec::<Value>::new());
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
    // The order's total may still change: the present total is authorized.
    scene.shop.add(&scene.order, 500).await;
    let done = scene
        .patch(payment.id(), json!({ "_authorize": true }))
        .await
        .expect(200);
    assert_eq!(done.attribute("payment_response")["status"], "Authorized");
    assert_eq!(*done.attribute("mismatched_amounts"), false);
    assert_eq!(scene.authorization().await["amount_cents"], 1_500);
    assert_eq!(scene.shop.payment_status(&scene.order).await, "authorized");
}

#[tokio::test]
async fn a_source_that_was_never_requested_can_be_replaced_and_deleted() {
    let scene = scene(false).await;
    let first = scene.create(APPROVED).await;
    let second = scene.create(APPROVED).await;
    // The replaced one can't pay the order any more.
    let _ = scene
        .patch(first.id(), json!({ "_authorize": true }))
        .await
        .expect_error(422, "VALIDATION_ERROR");
    let _ = scene
        .api
        .delete(&format!("{PATH}/{}", second.id()))
        .await
        .expect(204);
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_the_psp_does_not_know_leaves_nothing_behind() {
    let scene = scene(true).await;
    let body = bodies::checkout_com_payment(&scene.order, "tok_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let _ = scene
        .api
        .post(PATH, &body)
        .await
        .expect_error(422, "VALIDATION_ERROR")
        .expect_pointer("/data/attributes/token");
    let all = scene.api.get(PATH).await.expect(200);
    assert_eq!(all.body["meta"]["record_count"], 0);
    scene.create(APPROVED).await;
}

#[tokio::test]
async fn too_many_declines_of_an_order_stop_before_the_psp() {
    let scene = scene(true).await;
    for _ in 0..5 {
        scene.create(&token("insufficientfunds")).await;
    }
    let body = bodies::checkout_com_payment(&scene.order, APPROVED);
    let stopped = scene.api.post(PATH, &body).await.expect(429);
    assert_ne!(stopped.header("retry-after"), "");
    assert_eq!(scene.service.sandbox().kinds().await, Vec::<String>::new());
}
