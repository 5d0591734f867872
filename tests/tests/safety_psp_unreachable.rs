//! A PSP that certainly did nothing: it can't be reached, or refuses our keys. Nothing stays pending.

use std::cell::Cell;

use serde_json::{Value, json};
use tillgate_tests::{Api, Psp, Service, Setup, Shop, bodies, books};

const APPROVED: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";

/// A shop with an order, and a PSP of its own that can be stopped.
struct Scene {
    psp: Psp,
    /// It ends with the scene.
    _service: Service,
    api: Api,
    shop: Shop,
    order: String,
}

async fn scene(change: impl for<'a> FnOnce(Setup<'a>) -> Setup<'a>) -> Scene {
    let psp = Psp::start().await;
    let service = Service::start_with(&[&Psp::ALLOWED[..], &["--gateway-timeout", "1"]].concat()).await;
    let api = service.api().await;
    let shop = Shop::set_up(&api, &change(Setup::at(psp.url()))).await;
    let order = shop.order(1_000).await;
    Scene {
        psp,
        _service: service,
        api,
        shop,
        order,
    }
}

#[tokio::test]
async fn a_psp_that_can_t_be_reached_leaves_nothing_pending() {
    let Scene {
        mut psp,
        _service,
        api,
        shop,
        order,
    } = scene(|setup| setup).await;
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
    let Scene {
        mut psp,
        _service,
        api,
        shop,
        order,
    } = scene(|setup| Setup {
        authorize_on_create: false,
        ..setup
    })
    .await;
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
    let Scene {
        mut psp,
        _service,
        api,
        shop,
        order,
    } = scene(|setup| setup).await;
    psp.stop();
    let (path, place) = (
        format!("/api/orders/{order}"),
        bodies::change("orders", &order, json!({ "_place": true })),
    );
    for _ in 0..5 {
        let body = bodies::payment(&order, "tok_visa");
        // The second request waits for the outcome of the first, which still tries to connect.
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
    // An open call may have been sent again by now.
    if shop.payment_status(&order).await != "paid" {
        let body = bodies::payment(&order, "tok_visa");
        let _ = api.post("/api/v1/payments", &body).await.expect(201);
    }
    assert_eq!(shop.payment_status(&order).await, "paid");
    books::assert_agree(&books::ours(&api).await, &books::theirs(&psp.sandbox()).await);
}

#[tokio::test]
async fn a_payment_that_can_still_be_confirmed_is_kept_until_the_psp_gives_it_up() {
    let Scene {
        mut psp,
        _service,
        api,
        order,
        ..
    } = scene(|setup| setup).await;
    let body = bodies::stripe_payment(&order);
    let payment = api.post("/api/stripe_payments", &body).await.expect(201);
    let path = format!("/api/stripe_payments/{}", payment.id());
    let detach = bodies::change("orders", &order, json!({ "_nullify_payment_source": true }));
    let declined = bodies::change(
        "stripe_payments",
        payment.id(),
        json!({ "options": { "payment_method": "pm_card_chargeDeclined" }, "_authorize": true }),
    );
    // Unconfirmed first, then declined, after which the buyer may try another card.
    for attempts in [0, 1] {
        if attempts > 0 {
            let _ = api.patch(&path, &declined).await;
        }
        psp.stop();
        let code = "PAYMENT_GATEWAY_UNAVAILABLE";
        let _ = api
            .post("/api/stripe_payments", &body)
            .await
            .expect_error(503, code);
        let order_path = format!("/api/orders/{order}");
        let _ = api.patch(&order_path, &detach).await.expect_error(503, code);
        let refused = api.delete(&path).await;
        if attempts == 0 {
            let _ = refused.expect_error(503, code);
        } else {
            let _ = refused.expect_error(423, "LOCKED");
        }
        psp.restart().await;
        let _ = api.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn keys_that_the_psp_refuses_are_the_gateway_s_fault() {
    let service = Service::start().await;
    let api = service.api().await;
    let sandbox = service.sandbox();
    let setup = Setup {
        stripe_key: "sk_test_nobody-00000000",
        checkout_com_key: "sk_sbox_nobody",
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
