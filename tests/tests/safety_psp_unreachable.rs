//! A PSP that did nothing for certain: it can't be reached, or refuses our keys. Nothing stays pending.

use std::cell::Cell;

use serde_json::{Value, json};
use tillgate_tests::{Psp, Service, Setup, Shop, bodies, books};

const APPROVED: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";

#[tokio::test]
async fn a_psp_that_can_t_be_reached_leaves_nothing_pending() {
    let mut psp = Psp::start().await;
    let service = Service::start_with(&["--gateway-timeout", "1"]).await;
    let api = service.api().await;
    let shop = Shop::at(&api, psp.url()).await;
    let order = shop.order(1_000).await;
    psp.stop();
    let requests = [
        (
            "/api/stripe_payments",
            bodies::stripe_payment(&order),
            "PAYMENT_GATEWAY_UNAVAILABLE",
        ),
        (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&order, APPROVED),
            "PAYMENT_GATEWAY_UNAVAILABLE",
        ),
        (
            "/api/v1/payments",
            bodies::payment(&order, "tok_visa"),
            "payment_gateway_unavailable",
        ),
    ];
    for (path, body, code) in &requests {
        let refused = api.post(path, body).await.expect_error(503, code);
        assert_ne!(refused.header("retry-after"), "");
        assert_eq!(shop.authorizations(&order).await, Vec::<Value>::new());
        let list = api.get(path).await.expect(200);
        assert_eq!(
            list.body["data"],
            json!([]),
            "{path} keeps a payment that came to nothing"
        );
    }
    psp.restart().await;
    let _ = api.post("/api/v1/payments", &requests[2].1).await.expect(201);
    assert_eq!(shop.payment_status(&order).await, "paid");
}

#[tokio::test]
async fn an_authorize_that_can_t_be_sent_can_be_sent_later() {
    let mut psp = Psp::start().await;
    let service = Service::start_with(&["--gateway-timeout", "1"]).await;
    let api = service.api().await;
    let setup = Setup {
        authorize_on_create: false,
        ..Setup::at(psp.url())
    };
    let shop = Shop::set_up(&api, &setup).await;
    let order = shop.order(1_000).await;
    let body = bodies::checkout_com_payment(&order, APPROVED);
    let payment = api.post("/api/checkout_com_payments", &body).await.expect(201);
    let path = format!("/api/checkout_com_payments/{}", payment.id());
    let authorize = bodies::change(
        "checkout_com_payments",
        payment.id(),
        json!({ "_authorize": true }),
    );
    psp.stop();
    let refused = api.patch(&path, &authorize).await;
    let _ = refused.expect_error(503, "PAYMENT_GATEWAY_UNAVAILABLE");
    assert_eq!(shop.authorizations(&order).await, Vec::<Value>::new());
    psp.restart().await;
    let _ = api.patch(&path, &authorize).await.expect(200);
    assert_eq!(shop.payment_status(&order).await, "authorized");
}

#[tokio::test]
async fn who_asks_while_nothing_reaches_the_psp_is_told_so() {
    let mut psp = Psp::start().await;
    let service = Service::start_with(&["--gateway-timeout", "1"]).await;
    let api = service.api().await;
    let shop = Shop::at(&api, psp.url()).await;
    let order = shop.order(1_000).await;
    psp.stop();
    let (path, place) = (
        format!("/api/orders/{order}"),
        bodies::change("orders", &order, json!({ "_place": true })),
    );
    for _ in 0..5 {
        let body = bodies::payment(&order, "tok_visa");
        // The second wants to know what became of the first, which still tries to connect.
        let has_ended = Cell::new(false);
        let pay = async {
            let answer = api.post("/api/v1/payments", &body).await;
            has_ended.set(true);
            answer
        };
        let (paid, placed) = tokio::join!(pay, async {
            while shop.authorizations(&order).await.is_empty() && !has_ended.get() {}
            api.patch(&path, &place).await
        });
        assert!([201, 422, 503].contains(&paid.status), "{:#}", paid.body);
        assert!([422, 503].contains(&placed.status), "{:#}", placed.body);
    }
    psp.restart().await;
    let refresh = bodies::change("orders", &order, json!({ "_refresh": true }));
    let _ = api.patch(&path, &refresh).await.expect(200);
    // What was left open may have been sent again by now.
    if shop.payment_status(&order).await != "paid" {
        let body = bodies::payment(&order, "tok_visa");
        let _ = api.post("/api/v1/payments", &body).await.expect(201);
    }
    assert_eq!(shop.payment_status(&order).await, "paid");
    books::assert_agree(&books::ours(&api).await, &books::theirs(&psp.sandbox()).await);
}

#[tokio::test]
async fn keys_that_the_psp_refuses_are_the_gateway_s_fault() {
    let service = Service::start().await;
    let api = service.api().await;
    let sandbox = service.sandbox();
    let setup = Setup {
        stripe_key: "sk_nobody_00000000",
        checkout_com_key: "sk_nobody_00000000",
        ..Setup::at(sandbox.url())
    };
    let shop = Shop::set_up(&api, &setup).await;
    let order = shop.order(1_000).await;
    let requests = [
        (
            "/api/stripe_payments",
            bodies::stripe_payment(&order),
            "PAYMENT_GATEWAY_ERROR",
        ),
        (
            "/api/checkout_com_payments",
            bodies::checkout_com_payment(&order, APPROVED),
            "PAYMENT_GATEWAY_ERROR",
        ),
        (
            "/api/v1/payments",
            bodies::payment(&order, "tok_visa"),
            "payment_gateway_error",
        ),
    ];
    for (path, body, code) in requests {
        let refused = api.post(path, &body).await.expect_error(502, code);
        let text = String::from_utf8_lossy(&refused.bytes).into_owned();
        assert!(!text.contains("sk_nobody"), "{text}");
    }
    assert_eq!(shop.authorizations(&order).await, Vec::<Value>::new());
    let found = api.get(&format!("/api/orders/{order}")).await.expect(200);
    assert!(found.body["data"]["relationships"]["payment_source"]["data"].is_null());
    assert!(!service.log().contains("sk_nobody"), "{}", service.log());
}
