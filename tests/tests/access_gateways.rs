//! The gateway that pays an order: its payment method's, or else the one that its market offers. This holds for buyers and
//! merchants alike, for payment sources of every type, at their creation and at each authorization.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Api, Story, Vendor, bodies, cko_token};

/// A shop that offers Stripe and Checkout.com. Wire transfers belong to another market.
struct Scene {
    story: Story,
    guest: Api,
    wire_gateway: String,
    wire_method: String,
}

/// The ways to pay an order: the path that creates the payment, and the type that a payment method names for it.
const WAYS: [(&str, &str); 4] = [
    ("/api/stripe_payments", "stripe_payments"),
    ("/api/checkout_com_payments", "checkout_com_payments"),
    ("/api/wire_transfers", "wire_transfers"),
    ("/api/v1/payments", "stripe_payments"),
];

impl Scene {
    async fn set() -> Self {
        let story = Story::start().await;
        let wire_gateway = created(
            &story.api,
            "manual_gateways",
            json!({ "name": "By hand" }),
            json!({}),
        )
        .await;
        let elsewhere = json!({ "name": "B2B", "currency_code": "EUR" });
        let elsewhere = created(&story.api, "markets", elsewhere, json!({})).await;
        let wire_method = method(&story.api, "wire_transfers", &wire_gateway, Some(&elsewhere)).await;
        let (organization, market) = (
            story.service.demo("TILLGATE_ORGANIZATION_ID"),
            story.shop.market(),
        );
        let channel = story.service.create_application(&[
            "--organization",
            &organization,
            "--kind",
            "sales_channel",
            "--market",
            market,
        ]);
        Self {
            guest: story.service.api_of(&channel),
            story,
            wire_gateway,
            wire_method,
        }
    }

    fn callers(&self) -> [(&'static str, &Api); 2] {
        [("a guest", &self.guest), ("an integration", &self.story.api)]
    }

    async fn pay(&self, api: &Api, path: &str, order: &str) -> Answer {
        api.post(path, &payment(path, order)).await
    }

    /// Chooses the payment method of an order.
    async fn choose(&self, api: &Api, order: &str, method: Option<&str>) -> Answer {
        let body = choice(order, method);
        api.patch(&format!("/api/orders/{order}"), &body).await
    }

    /// Type and id of an order's payment source.
    async fn source(&self, order: &str) -> Value {
        let path = format!("/api/orders/{order}/relationships/payment_source");
        self.story.api.get(&path).await.expect(200).body["data"].clone()
    }

    /// State of a PaymentIntent at Stripe.
    async fn intent(&self, source: &Answer) -> Value {
        self.story.buyer.intent(source).await["status"].clone()
    }
}

/// The body of a payment.
fn payment(path: &str, order: &str) -> Value {
    match path {
        "/api/stripe_payments" => bodies::stripe_payment(order),
        "/api/checkout_com_payments" => bodies::checkout_com_payment(order, &cko_token("approvedvisa")),
        "/api/wire_transfers" => {
            let of = json!({ "order": bodies::to_one("orders", order) });
            bodies::resource("wire_transfers", json!({}), of)
        }
        _ => bodies::payment(order, "tok_visa"),
    }
}

fn choice(order: &str, method: Option<&str>) -> Value {
    let method = match method {
        Some(method) => bodies::to_one("payment_methods", method),
        None => json!({ "data": null }),
    };
    json!({ "data": { "type": "orders", "id": order, "relationships": { "payment_method": method } } })
}

async fn created(api: &Api, kind: &str, attributes: Value, of: Value) -> String {
    let body = bodies::resource(kind, attributes, of);
    api.post(&format!("/api/{kind}"), &body)
        .await
        .expect(201)
        .id()
        .to_owned()
}

async fn method(api: &Api, source: &str, gateway: &str, market: Option<&str>) -> String {
    let mut of = json!({ "payment_gateway": bodies::to_one("payment_gateways", gateway) });
    if let Some(market) = market {
        of["market"] = bodies::to_one("markets", market);
    }
    let attributes = json!({ "payment_source_type": source, "price_amount_cents": 0 });
    created(api, "payment_methods", attributes, of).await
}

/// Panics unless this is a refusal because of a missing gateway. Returns its first error.
#[track_caller]
fn refused(answer: Answer, rule: &str) -> Value {
    let answer = answer.expect(422);
    let error = answer.errors().next().expect("an error").clone();
    // The Foodetective dialect has the rule as the code.
    let told = [&error["meta"]["error"], &error["code"]];
    assert!(told.contains(&&json!(rule)), "{error:#}");
    error
}

#[tokio::test]
async fn an_order_is_paid_with_the_type_of_its_payment_method() {
    let scene = Scene::set().await;
    let shop = &scene.story.shop;
    let wire = method(
        &scene.story.api,
        "wire_transfers",
        &scene.wire_gateway,
        Some(shop.market()),
    )
    .await;
    let methods = [
        ("stripe_payments", &shop.stripe_method),
        ("checkout_com_payments", &shop.checkout_com_method),
        ("wire_transfers", &wire),
    ];
    for (caller, api) in scene.callers() {
        for (wanted, method) in methods {
            for (path, source) in WAYS {
                let order = shop.order_with(method, 99_900).await;
                let answer = scene.pay(api, path, &order).await;
                if source == wanted {
                    let _ = answer.expect(201);
                    continue;
                }
                let error = refused(answer, "not_available");
                assert_eq!(
                    error["source"]["pointer"], "/data/relationships/order",
                    "{caller} {path}"
                );
                assert_eq!(error["meta"]["payment_method"], **method, "{caller} {path}");
                assert_eq!(error["meta"]["payment_source_type"], wanted, "{caller} {path}");
                assert_eq!(scene.source(&order).await, Value::Null, "{caller} {path}");
            }
        }
    }
}

#[tokio::test]
async fn an_order_without_a_payment_method_is_paid_as_its_market_offers() {
    let scene = Scene::set().await;
    let (api, shop) = (&scene.story.api, &scene.story.shop);
    for (caller, api) in scene.callers() {
        for (path, source) in WAYS {
            let order = shop.order(99_900).await;
            let answer = scene.pay(api, path, &order).await;
            if source != "wire_transfers" {
                let _ = answer.expect(201);
                continue;
            }
            let error = refused(answer, "no_gateway");
            assert_eq!(
                error["source"]["pointer"], "/data/relationships/order",
                "{caller}"
            );
            for trigger in ["_authorize", "_place"] {
                let change = bodies::change("orders", &order, json!({ trigger: true }));
                let _ = api
                    .patch(&format!("/api/orders/{order}"), &change)
                    .await
                    .expect(422);
            }
            scene.story.expect_status(&order, "pending", "unpaid").await;
        }
    }
    // Two methods of one gateway are unambiguous, two gateways are not.
    let same = method(api, "stripe_payments", &shop.stripe_gateway, Some(shop.market())).await;
    let order = shop.order(1_000).await;
    let _ = scene
        .pay(&scene.guest, "/api/v1/payments", &order)
        .await
        .expect(201);
    let second =
        json!({ "name": "Second", "login": "sk_test_second000000", "base_url": scene.story.sandbox().url() });
    let second = created(api, "stripe_gateways", second, json!({})).await;
    let other = method(api, "stripe_payments", &second, Some(shop.market())).await;
    for (_, api) in scene.callers() {
        let order = shop.order(1_000).await;
        let error = refused(scene.pay(api, "/api/stripe_payments", &order).await, "no_gateway");
        assert!(
            error["detail"]
                .as_str()
                .expect("a text")
                .contains("payment_method"),
            "{error:#}"
        );
        for (method, gateway) in [(&same, &shop.stripe_gateway), (&other, &second)] {
            let _ = scene.choose(api, &order, Some(method)).await.expect(200);
            let source = scene.pay(api, "/api/stripe_payments", &order).await.expect(201);
            let through = format!(
                "/api/stripe_payments/{}/relationships/payment_gateway",
                source.id()
            );
            assert_eq!(api.get(&through).await.expect(200).id(), *gateway);
        }
    }
    // A method without a market belongs to all markets.
    let order = shop.order(1_000).await;
    let everywhere = method(api, "wire_transfers", &scene.wire_gateway, None).await;
    let _ = scene
        .pay(&scene.guest, "/api/wire_transfers", &order)
        .await
        .expect(201);
    let disable = json!({ "_disable": true });
    let _ = scene
        .story
        .patch("payment_methods", &everywhere, disable)
        .await
        .expect(200);
    let order = shop.order(1_000).await;
    refused(
        scene.pay(&scene.guest, "/api/wire_transfers", &order).await,
        "no_gateway",
    );
}

#[tokio::test]
async fn what_may_not_pay_replaces_nothing() {
    let scene = Scene::set().await;
    let shop = &scene.story.shop;
    for (_, api) in scene.callers() {
        for method in [None, Some(shop.stripe_method.as_str())] {
            let order = shop.order(99_900).await;
            let _ = scene.choose(api, &order, method).await.expect(200);
            let source = scene.pay(api, "/api/stripe_payments", &order).await.expect(201);
            let rule = if method.is_some() {
                "not_available"
            } else {
                "no_gateway"
            };
            refused(scene.pay(api, "/api/wire_transfers", &order).await, rule);
            // A request that is refused for another reason changes nothing either.
            let bad = bodies::checkout_com_payment(&order, "tok_with spaces");
            let _ = api.post("/api/checkout_com_payments", &bad).await.expect(422);
            let unknown = json!({ "_customer_payment_source_id": "QWERtyUpBa" });
            let change = bodies::change("orders", &order, unknown);
            let answer = api.patch(&format!("/api/orders/{order}"), &change).await;
            assert!([403, 422].contains(&answer.status), "{:#}", answer.body);
            assert_eq!(scene.source(&order).await["id"], source.id());
            assert_eq!(scene.intent(&source).await, "requires_payment_method");
        }
    }
}

/// Each way in which a payment source loses the permission to pay, and the way back.
async fn withdrawals(scene: &Scene, vendor: Vendor) -> Vec<(&'static str, Value, Value)> {
    let (api, shop) = (&scene.story.api, &scene.story.shop);
    let (kind, id, gateway) = match vendor {
        Vendor::Stripe => ("stripe_gateways", &shop.stripe_method, &shop.stripe_gateway),
        Vendor::CheckoutCom => (
            "checkout_com_gateways",
            &shop.checkout_com_method,
            &shop.checkout_com_gateway,
        ),
    };
    let elsewhere = created(
        api,
        "markets",
        json!({ "name": "Else", "currency_code": "EUR" }),
        json!({}),
    )
    .await;
    let psp = scene.story.sandbox().url().to_owned();
    let other = match vendor {
        Vendor::Stripe => json!({ "name": "Other", "login": "sk_test_other0000000", "base_url": psp }),
        Vendor::CheckoutCom => json!({
            "name": "Other", "secret_key": "sk_sbox_otheraaaaaaaaaaaaaaaaaaaaa",
            "public_key": "pk_sbox_otheraaaaaaaaaaaaaaaaaaaaa",
            "processing_channel_id": "pc_otheraaaaaaaaaaaaaaaaaaaaa", "base_url": psp
        }),
    };
    let other = created(api, kind, other, json!({})).await;
    let of_method = |name: &str, target: Value| json!({ "data": { "type": "payment_methods", "id": id, "relationships": { name: target } } });
    let market = |id: &str| of_method("market", bodies::to_one("markets", id));
    let through = |id: &str| of_method("payment_gateway", bodies::to_one(kind, id));
    vec![
        (
            "the method is disabled",
            bodies::change("payment_methods", id, json!({ "_disable": true })),
            bodies::change("payment_methods", id, json!({ "_enable": true })),
        ),
        (
            "the method is another market's",
            market(&elsewhere),
            market(shop.market()),
        ),
        (
            "the method has another gateway",
            through(&other),
            through(gateway),
        ),
        (
            "the gateway is disabled",
            bodies::change(kind, gateway, json!({ "_disable": true })),
            bodies::change(kind, gateway, json!({ "_enable": true })),
        ),
    ]
}

async fn send(api: &Api, body: &Value) {
    let (kind, id) = (&body["data"]["type"], &body["data"]["id"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let _ = api
        .patch(&format!("/api/{}/{}", text(kind), text(id)), body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_payment_that_may_not_pay_any_more_is_not_authorized() {
    let scene = Scene::set().await;
    let (api, shop) = (&scene.story.api, &scene.story.shop);
    for vendor in Vendor::ALL {
        let chosen = match vendor {
            Vendor::Stripe => &shop.stripe_method,
            Vendor::CheckoutCom => &shop.checkout_com_method,
        };
        for (what, withdraw, back) in withdrawals(&scene, vendor).await {
            for method in [Some(chosen.as_str()), None] {
                let order = shop.order(1_000).await;
                let _ = scene.choose(api, &order, method).await.expect(200);
                let source = scene.story.create(vendor, &order).await.id().to_owned();
                let booked = scene.story.sandbox().ledger().await.len();
                send(api, &withdraw).await;
                let source_path = format!("/api/{}/{source}", vendor.source());
                let order_path = format!("/api/orders/{order}");
                for (kind, id, path, trigger) in [
                    ("orders", &order, &order_path, "_authorize"),
                    ("orders", &order, &order_path, "_place"),
                    (vendor.source(), &source, &source_path, "_authorize"),
                ] {
                    for (_, api) in scene.callers() {
                        let change = bodies::change(kind, id, json!({ trigger: true }));
                        let rule = if method.is_some() {
                            "not_available"
                        } else {
                            "no_gateway"
                        };
                        let error = refused(api.patch(path, &change).await, rule);
                        let pointer = format!("/data/attributes/{trigger}");
                        assert_eq!(error["source"]["pointer"], pointer, "{what}: {error:#}");
                    }
                }
                if vendor == Vendor::Stripe {
                    let update = json!({ "_update": true });
                    let _ = scene
                        .story
                        .patch("stripe_payments", &source, update)
                        .await
                        .expect(422);
                }
                scene.story.expect_status(&order, "pending", "unpaid").await;
                assert_eq!(scene.story.sandbox().ledger().await.len(), booked, "{what}");
                send(api, &back).await;
                let _ = scene.story.pull(&order, "_place").await.expect(200);
                scene.story.expect_status(&order, "placed", "authorized").await;
            }
        }
    }
    scene.story.assert_books_agree().await;
}

#[tokio::test]
async fn money_that_is_held_goes_on() {
    let scene = Scene::set().await;
    for vendor in Vendor::ALL {
        for (_, withdraw, back) in withdrawals(&scene, vendor).await {
            let (first, _) = scene.story.authorized(vendor, 1_000).await;
            let (second, _) = scene.story.authorized(vendor, 1_000).await;
            send(&scene.story.api, &withdraw).await;
            for trigger in ["_place", "_approve_and_capture", "_refund"] {
                scene
                    .story
                    .act(&first, "orders", &first, json!({ trigger: true }))
                    .await;
            }
            scene.story.expect_status(&first, "cancelled", "refunded").await;
            let _ = scene.story.pull(&second, "_place").await.expect(200);
            scene
                .story
                .act(&second, "orders", &second, json!({ "_cancel": true }))
                .await;
            scene.story.expect_status(&second, "cancelled", "voided").await;
            send(&scene.story.api, &back).await;
        }
    }
    scene.story.assert_books_agree().await;
}

#[tokio::test]
async fn another_payment_method_takes_the_place_of_a_payment_that_does_not_fit() {
    let scene = Scene::set().await;
    let shop = &scene.story.shop;
    for (_, api) in scene.callers() {
        let order = shop.order_with(&shop.stripe_method, 1_000).await;
        let stripe = scene.pay(api, "/api/stripe_payments", &order).await.expect(201);
        // A refused change gives up nothing.
        let mut bad = choice(&order, Some(&shop.checkout_com_method));
        bad["data"]["relationships"]["customer"] = bodies::to_one("customers", "QWERtyUpBa");
        let answer = api.patch(&format!("/api/orders/{order}"), &bad).await;
        assert!([403, 404].contains(&answer.status), "{:#}", answer.body);
        let mut both = choice(&order, Some(&shop.checkout_com_method));
        both["data"]["attributes"] = json!({ "_place": true });
        let answer = api
            .patch(&format!("/api/orders/{order}"), &both)
            .await
            .expect(422);
        assert_eq!(
            answer.body["errors"][0]["meta"]["error"], "exclusion",
            "{:#}",
            answer.body
        );
        assert_eq!(scene.source(&order).await["id"], stripe.id());
        assert_eq!(scene.intent(&stripe).await, "requires_payment_method");
        // The same gateway keeps its payment.
        let _ = scene.choose(api, &order, None).await.expect(200);
        assert_eq!(scene.source(&order).await["id"], stripe.id());
        let _ = scene
            .choose(api, &order, Some(&shop.checkout_com_method))
            .await
            .expect(200);
        assert_eq!(scene.source(&order).await, Value::Null);
        assert_eq!(scene.intent(&stripe).await, "canceled");
        let checkout_com = scene
            .pay(api, "/api/checkout_com_payments", &order)
            .await
            .expect(201);
        assert_eq!(scene.source(&order).await["id"], checkout_com.id());
        // A payment that has not reached a PSP is just left.
        let _ = scene
            .choose(api, &order, Some(&shop.stripe_method))
            .await
            .expect(200);
        assert_eq!(scene.source(&order).await, Value::Null);
    }
    scene.story.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_that_holds_money_keeps_its_payment_method() {
    let scene = Scene::set().await;
    let shop = &scene.story.shop;
    for vendor in Vendor::ALL {
        let (own, other) = match vendor {
            Vendor::Stripe => (&shop.stripe_method, &shop.checkout_com_method),
            Vendor::CheckoutCom => (&shop.checkout_com_method, &shop.stripe_method),
        };
        let (order, source) = scene.story.authorized(vendor, 1_000).await;
        for (_, api) in scene.callers() {
            let error = refused(scene.choose(api, &order, Some(other)).await, "already_paid");
            assert_eq!(error["source"]["pointer"], "/data/relationships/payment_method");
            assert_eq!(scene.source(&order).await["id"], *source);
            let _ = scene.choose(api, &order, Some(own)).await.expect(200);
        }
        let _ = scene.story.pull(&order, "_place").await.expect(200);
        scene.story.expect_status(&order, "placed", "authorized").await;
    }
    scene.story.assert_books_agree().await;
}

#[tokio::test]
async fn a_method_of_another_market_is_no_ones_choice_here() {
    let scene = Scene::set().await;
    let order = scene.story.shop.order(1_000).await;
    for (_, api) in scene.callers() {
        refused(
            scene.choose(api, &order, Some(&scene.wire_method)).await,
            "not_available",
        );
    }
}

#[tokio::test]
async fn a_saved_card_pays_through_its_gateway_only_where_that_is_offered() {
    let scene = Scene::set().await;
    let (api, shop) = (&scene.story.api, &scene.story.shop);
    let known = json!({ "customer_email": "ada@example.com", "guest": false });
    let order = shop.order(1_000).await;
    let _ = scene
        .story
        .patch("orders", &order, known.clone())
        .await
        .expect(200);
    let _ = scene.pay(api, "/api/v1/payments", &order).await.expect(201);
    let next = shop.order(1_000).await;
    let _ = scene.story.patch("orders", &next, known).await.expect(200);
    let available = async || {
        let path = format!("/api/orders/{next}/available_customer_payment_sources");
        let list = api.get(&path).await.expect(200);
        list.body["data"].as_array().expect("a list").clone()
    };
    let card = available().await[0]["id"].clone();
    let use_it = json!({ "_customer_payment_source_id": card });
    let _ = scene
        .choose(api, &next, Some(&shop.checkout_com_method))
        .await
        .expect(200);
    assert!(available().await.is_empty());
    let error = refused(
        scene.story.patch("orders", &next, use_it.clone()).await,
        "not_available",
    );
    assert_eq!(error["meta"]["payment_method"], *shop.checkout_com_method);
    let _ = scene
        .choose(api, &next, Some(&shop.stripe_method))
        .await
        .expect(200);
    let disable = json!({ "_disable": true });
    let enable = json!({ "_enable": true });
    for (kind, id) in [
        ("payment_methods", &shop.stripe_method),
        ("stripe_gateways", &shop.stripe_gateway),
    ] {
        let _ = scene.story.patch(kind, id, disable.clone()).await.expect(200);
        assert!(available().await.is_empty(), "{kind}");
        refused(
            scene.story.patch("orders", &next, use_it.clone()).await,
            "not_available",
        );
        let _ = scene.story.patch(kind, id, enable.clone()).await.expect(200);
    }
    let _ = scene.story.patch("orders", &next, use_it).await.expect(200);
    // It is judged again at its charge.
    let _ = scene
        .story
        .patch("payment_methods", &shop.stripe_method, disable)
        .await
        .expect(200);
    refused(scene.story.pull(&next, "_place").await, "not_available");
    let _ = scene
        .story
        .patch("payment_methods", &shop.stripe_method, enable)
        .await
        .expect(200);
    let _ = scene.story.pull(&next, "_place").await.expect(200);
    scene.story.expect_status(&next, "placed", "authorized").await;
}

#[tokio::test]
async fn a_buyer_does_not_decide_how_much_is_authorized() {
    let scene = Scene::set().await;
    for vendor in Vendor::ALL {
        let order = scene.story.shop.order(99_900).await;
        let _ = scene.story.create(vendor, &order).await;
        let path = format!("/api/orders/{order}");
        for attributes in [
            json!({ "_place": true, "_authorization_amount_cents": 50 }),
            json!({ "_authorize": true, "_authorization_amount_cents": 99_900 }),
            json!({ "_authorization_amount_cents": 50 }),
        ] {
            let change = bodies::change("orders", &order, attributes);
            let _ = scene
                .guest
                .patch(&path, &change)
                .await
                .expect_error(403, "FORBIDDEN")
                .expect_pointer("/data/attributes/_authorization_amount_cents");
        }
        scene.story.expect_status(&order, "pending", "unpaid").await;
        assert!(
            scene
                .story
                .transactions(&order, "authorizations")
                .await
                .is_empty()
        );
        let part = json!({ "_authorize": true, "_authorization_amount_cents": 60 });
        let _ = scene.story.patch("orders", &order, part).await.expect(200);
        scene
            .story
            .expect_status(&order, "pending", "partially_authorized")
            .await;
        // A buyer can't place an order that the merchant has authorized in part, either.
        let place = bodies::change("orders", &order, json!({ "_place": true }));
        refused(scene.guest.patch(&path, &place).await, "mismatched_amounts");
    }
}
