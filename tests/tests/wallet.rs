//! Saved cards: saved by a payment in either dialect, used for later orders of the same customer, and removed.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor, bodies, cko_token};

const STRIPE_KEY: &str = "sk_test_shop00000000";
const CHECKOUT_COM_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";
const USE: &str = "_customer_payment_source_id";
const SAVE: &str = "_save_payment_source_to_customer_wallet";

/// A story, with the wallet of its orders' customer.
struct Scene {
    story: Story,
}

impl Scene {
    async fn set() -> Self {
        Self {
            story: Story::start_with(&["--gateway-timeout", "1"], |setup| setup).await,
        }
    }

    async fn patch(&self, order: &str, attributes: Value) -> Answer {
        self.story.patch("orders", order, attributes).await
    }

    /// An order of a customer who is no guest.
    async fn order_of(&self, email: &str) -> String {
        let order = self.story.shop.order(1_000).await;
        let known = json!({ "customer_email": email, "guest": false });
        let _ = self.patch(&order, known).await.expect(200);
        order
    }

    async fn order(&self) -> String {
        self.order_of("ada@example.com").await
    }

    async fn customer(&self, order: &str) -> String {
        let path = format!("/api/orders/{order}/customer");
        self.story.api.get(&path).await.expect(200).id().to_owned()
    }

    /// The cards of an order's customer.
    async fn cards(&self, order: &str) -> Vec<Value> {
        let customer = self.customer(order).await;
        self.list(&format!("/api/customers/{customer}/customer_payment_sources"))
            .await
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.story.api.get(path).await.expect(200);
        list.body["data"].as_array().cloned().unwrap_or_default()
    }

    /// The only card of an order's customer: its id and its token.
    async fn only_card(&self, order: &str) -> (String, String) {
        let cards = self.cards(order).await;
        assert_eq!(cards.len(), 1, "{cards:#?}");
        (
            text(&cards[0]["id"]),
            text(&cards[0]["attributes"]["payment_source_token"]),
        )
    }

    async fn pay_v1(&self, order: &str, attributes: Value) -> Answer {
        let of = json!({ "order": bodies::to_one("order", order) });
        let body = bodies::resource("payments", attributes, of);
        self.story.api.post("/api/v1/payments", &body).await
    }

    /// Pays an order with a card that the payment saves. Returns the order.
    async fn saved_at(&self, vendor: Vendor, instrument: &str) -> String {
        let order = self.order().await;
        match vendor {
            Vendor::Stripe => {
                let paid = self.pay_v1(&order, json!({ "stripe_token": instrument })).await;
                assert_eq!(*paid.expect(201).attribute("state"), "finished");
            }
            Vendor::CheckoutCom => {
                let _ = self.story.create_with(vendor, &order, instrument).await;
                let _ = self.patch(&order, json!({ SAVE: true })).await.expect(200);
                let _ = self.patch(&order, json!({ "_place": true })).await.expect(200);
            }
        }
        order
    }

    /// The card at its PSP.
    async fn at_psp(&self, token: &str) -> (u16, Value) {
        let (path, key) = if token.starts_with("src_") {
            (format!("/instruments/{token}"), CHECKOUT_COM_KEY)
        } else {
            (format!("/v1/payment_methods/{token}"), STRIPE_KEY)
        };
        self.story.sandbox().call("GET", &path, key, None).await
    }

    async fn booked(&self) -> usize {
        self.story.sandbox().ledger().await.len()
    }

    async fn fault(&self, vendor: &str, fault: &str, path: &str) {
        let fault = json!({ "vendor": vendor, "fault": fault, "path_prefix": path, "times": 10 });
        self.story.sandbox().fault(&fault).await;
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value:#}"))
        .to_owned()
}

#[track_caller]
fn assert_not_owned(refused: Answer, pointer: &str) {
    let refused = refused.expect(422).expect_pointer(pointer);
    let error = refused.errors().next().expect("an error");
    assert_eq!(error["meta"]["error"], "not_owned", "{error:#}");
}

#[tokio::test]
async fn a_card_saved_in_the_second_dialect_pays_in_the_first() {
    let scene = Scene::set().await;
    let first = scene.saved_at(Vendor::Stripe, "tok_visa").await;
    let (card, token) = scene.only_card(&first).await;
    let shown = scene
        .story
        .api
        .get(&format!("/api/customer_payment_sources/{card}"))
        .await
        .expect(200);
    assert_eq!(*shown.attribute("name"), "Visa ****4242");
    assert_eq!(shown.attribute("payment_instrument")["card_last_digits"], "4242");
    let (status, method) = scene.at_psp(&token).await;
    assert_eq!(
        (status, &method["customer"]),
        (200, shown.attribute("customer_token"))
    );

    let next = scene.order().await;
    let path = format!("/api/orders/{next}/available_customer_payment_sources");
    assert_eq!(scene.list(&path).await[0]["id"], card.as_str());
    let choose = bodies::change("orders", &next, json!({ USE: card }));
    let send = async || {
        let call = scene.story.api.call("PATCH", &format!("/api/orders/{next}"));
        call.header("Idempotency-Key", "choose")
            .json(&choose)
            .send()
            .await
    };
    let chosen = send().await.expect(200);
    assert_eq!(send().await.expect(200).body, chosen.body);
    assert_eq!(scene.booked().await, 2, "choosing a card asks nobody");
    let placed = scene.patch(&next, json!({ "_place": true })).await.expect(200);
    assert_eq!(*placed.attribute("status"), "placed");
    assert_eq!(*placed.attribute("payment_status"), "authorized");
    // Another order with the same card; the PSP still has one customer.
    let _ = scene.saved_at(Vendor::Stripe, "tok_mastercard").await;
    let (_, customers) = scene
        .story
        .sandbox()
        .call("GET", "/v1/customers", STRIPE_KEY, None)
        .await;
    assert_eq!(
        customers["data"].as_array().map(Vec::len),
        Some(1),
        "{customers:#}"
    );
    assert_eq!(scene.cards(&next).await.len(), 2);
}

#[tokio::test]
async fn a_card_saved_in_the_first_dialect_pays_in_the_second() {
    let scene = Scene::set().await;
    let order = scene.order().await;
    let options =
        json!({ "options": { "payment_method": "pm_card_visa", "setup_future_usage": "off_session" } });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("stripe_payments", options, of);
    let _ = scene
        .story
        .api
        .post("/api/stripe_payments", &body)
        .await
        .expect(201);
    let _ = scene.patch(&order, json!({ "_place": true })).await.expect(200);
    assert_eq!(scene.cards(&order).await.len(), 0, "nobody asked for it");
    for _ in 0..2 {
        let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
        assert_eq!(scene.cards(&order).await.len(), 1);
    }
    let (_, token) = scene.only_card(&order).await;
    let next = scene.order().await;
    let paid = scene
        .pay_v1(&next, json!({ "stripe_payment_method_id": token }))
        .await
        .expect(201);
    assert_eq!(*paid.attribute("state"), "finished");
    assert_eq!(scene.story.shop.payment_status(&next).await, "paid");
    assert_eq!(scene.cards(&next).await.len(), 1);
}

#[tokio::test]
async fn a_card_is_saved_when_its_payment_succeeds() {
    let scene = Scene::set().await;
    for vendor in Vendor::ALL {
        let order = scene.order_of(&format!("{}@example.com", vendor.name())).await;
        let _ = scene.story.create(vendor, &order).await;
        let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
        assert_eq!(scene.cards(&order).await.len(), 0, "{vendor:?}");
        let _ = scene
            .patch(&order, json!({ "_authorize": true }))
            .await
            .expect(200);
        let (card, token) = scene.only_card(&order).await;
        assert_eq!(scene.at_psp(&token).await.0, 200, "{vendor:?}");
        let next = scene.order_of(&format!("{}@example.com", vendor.name())).await;
        let _ = scene.patch(&next, json!({ USE: card })).await.expect(200);
        let _ = scene
            .patch(&next, json!({ "_authorize": true }))
            .await
            .expect(200);
        scene.story.expect_status(&next, "pending", "authorized").await;
        // A card that is charged again is not saved again.
        let _ = scene.patch(&next, json!({ SAVE: true })).await.expect(200);
        assert_eq!(scene.cards(&next).await.len(), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn what_was_for_one_payment_only_is_not_saved() {
    let scene = Scene::set().await;
    let (order, _) = scene.story.authorized(Vendor::Stripe, 1_000).await;
    let refused = scene.patch(&order, json!({ SAVE: true })).await.expect(422);
    let _ = refused.expect_pointer(&format!("/data/attributes/{SAVE}"));
    let nobodys = bodies::order(&scene.story.api, scene.story.shop.market(), 700).await;
    let _ = scene.story.create(Vendor::CheckoutCom, &nobodys).await;
    let refused = scene.patch(&nobodys, json!({ SAVE: true })).await.expect(422);
    let _ = refused.expect_pointer(&format!("/data/attributes/{SAVE}"));
    // A guest's card is not saved.
    let guest = scene.story.shop.order(700).await;
    let _ = scene
        .pay_v1(&guest, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    assert_eq!(scene.cards(&guest).await.len(), 0);
}

#[tokio::test]
async fn the_card_of_another_customer_pays_nothing() {
    let scene = Scene::set().await;
    let stripe = scene.saved_at(Vendor::Stripe, "tok_visa").await;
    let (card, token) = scene.only_card(&stripe).await;
    let shown = scene.cards(&stripe).await;
    let customer_token = text(&shown[0]["attributes"]["customer_token"]);
    let before = scene.booked().await;
    let foreign = scene.order_of("eve@example.com").await;
    let path = format!("/api/orders/{foreign}/available_customer_payment_sources");
    assert!(scene.list(&path).await.is_empty());
    for id in [card.as_str(), "AAAAAAAAAA", "no id"] {
        let refused = scene.patch(&foreign, json!({ USE: id })).await;
        assert_not_owned(refused, &format!("/data/attributes/{USE}"));
    }
    let refused = scene
        .pay_v1(&foreign, json!({ "stripe_payment_method_id": token }))
        .await;
    let refused = refused
        .expect(422)
        .expect_pointer("/data/attributes/stripe_payment_method_id");
    assert_eq!(refused.errors().next().expect("an error")["code"], "not_owned");
    let of = json!({ "order": bodies::to_one("orders", &foreign) });
    for (options, member) in [
        (json!({ "payment_method": token }), "payment_method"),
        (json!({ "customer": customer_token }), "customer"),
    ] {
        let body = bodies::resource("stripe_payments", json!({ "options": options }), of.clone());
        let refused = scene.story.api.post("/api/stripe_payments", &body).await;
        assert_not_owned(refused, &format!("/data/attributes/options/{member}"));
    }
    let kept = scene
        .saved_at(Vendor::CheckoutCom, &cko_token("approvedvisa"))
        .await;
    let cards = scene.cards(&kept).await;
    let source = &cards.last().expect("a card")["attributes"];
    for (kind, token) in [
        ("id", &source["payment_source_token"]),
        ("customer", &source["customer_token"]),
    ] {
        let attributes = json!({ "payment_type": kind, "token": token });
        let body = bodies::resource("checkout_com_payments", attributes, of.clone());
        let refused = scene.story.api.post("/api/checkout_com_payments", &body).await;
        assert_not_owned(refused, "/data/attributes/token");
    }
    assert_eq!(
        scene.booked().await,
        before + 1,
        "only what saved the second card"
    );
    // A card that its owner has chosen does not follow the order to another customer.
    let own = scene.order().await;
    let _ = scene.patch(&own, json!({ USE: card })).await.expect(200);
    let _ = scene
        .patch(&own, json!({ "customer_email": "eve@example.com" }))
        .await
        .expect(200);
    let refused = scene.patch(&own, json!({ "_place": true })).await;
    assert_not_owned(refused, "/data/attributes/_place");
    assert_eq!(scene.booked().await, before + 1);
}

#[tokio::test]
async fn a_bank_that_wants_authentication_gets_it_from_the_buyer() {
    let scene = Scene::set().await;
    for (vendor, instrument) in [
        (Vendor::Stripe, "pm_card_authenticationRequired".to_owned()),
        (Vendor::CheckoutCom, cko_token("threedsrequired")),
    ] {
        let email = format!("{}@example.com", vendor.name());
        let first = scene.order_of(&email).await;
        let source = scene
            .story
            .create_with(vendor, &first, &instrument)
            .await
            .id()
            .to_owned();
        let _ = scene.patch(&first, json!({ SAVE: true })).await.expect(200);
        let _ = scene
            .patch(&first, json!({ "_authorize": true }))
            .await
            .expect(200);
        finish(&scene, vendor, &source).await;
        let (card, _) = scene.only_card(&first).await;

        let next = scene.order_of(&email).await;
        let _ = scene.patch(&next, json!({ USE: card })).await.expect(200);
        let placing = scene.patch(&next, json!({ "_place": true })).await.expect(200);
        assert_eq!(*placing.attribute("status"), "placing", "{vendor:?}");
        let attempts = scene.story.shop.authorizations(&next).await;
        assert_eq!(attempts.len(), 2, "{attempts:#?}");
        assert_eq!(attempts[0]["succeeded"], false);
        assert!(attempts[0]["error_code"].is_string());
        assert_eq!(attempts[1]["message"], "pending");
        let source = scene
            .story
            .api
            .get(&format!("/api/orders/{next}/payment_source"))
            .await
            .expect(200)
            .id()
            .to_owned();
        finish(&scene, vendor, &source).await;
        scene.story.expect_status(&next, "placed", "authorized").await;
    }
    let kinds = scene.story.sandbox().kinds().await;
    assert_eq!(kinds, ["authorize"; 4]);
}

/// Lets the buyer authenticate, and syncs the source.
async fn finish(scene: &Scene, vendor: Vendor, source: &str) {
    let path = format!("/api/{}/{source}", vendor.source());
    let page = match vendor {
        Vendor::CheckoutCom => text(
            scene
                .story
                .api
                .get(&path)
                .await
                .expect(200)
                .attribute("redirect_uri"),
        ),
        Vendor::Stripe => {
            let v1 = format!("/api/v1/payments/{source}");
            let waiting = scene.story.api.get(&v1).await.expect(200);
            assert_eq!(*waiting.attribute("state"), "requires_action");
            text(waiting.attribute("redirect-url"))
        }
    };
    scene.story.buyer.authenticate(&page, "authenticate").await;
    let refresh = json!({ "_refresh": true });
    let _ = scene
        .story
        .patch(vendor.source(), source, refresh)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_removed_card_is_gone_at_the_psp_and_pays_nothing() {
    let scene = Scene::set().await;
    for (vendor, instrument) in [
        (Vendor::Stripe, "tok_visa".to_owned()),
        (Vendor::CheckoutCom, cko_token("approvedvisa")),
    ] {
        let first = scene.saved_at(vendor, &instrument).await;
        let (card, token) = scene.only_card(&first).await;
        let chosen = scene.order().await;
        let _ = scene.patch(&chosen, json!({ USE: card })).await.expect(200);
        let path = format!("/api/customer_payment_sources/{card}");
        let _ = scene.story.api.delete(&path).await.expect(204);
        let _ = scene
            .story
            .api
            .delete(&path)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
        let (status, at_psp) = scene.at_psp(&token).await;
        assert!(
            status == 404 || at_psp["customer"].is_null(),
            "{status} {at_psp:#}"
        );
        assert!(scene.cards(&first).await.is_empty());
        let before = scene.booked().await;
        let refused = scene.patch(&chosen, json!({ "_authorize": true })).await;
        assert_not_owned(refused, "/data/attributes/_authorize");
        let next = scene.order().await;
        let refused = scene.patch(&next, json!({ USE: card })).await;
        assert_not_owned(refused, &format!("/data/attributes/{USE}"));
        if vendor == Vendor::Stripe {
            let refused = scene
                .pay_v1(&next, json!({ "stripe_payment_method_id": token }))
                .await;
            let _ = refused
                .expect(422)
                .expect_pointer("/data/attributes/stripe_payment_method_id");
        }
        // Another sync of the payment that saved it does not bring it back.
        let _ = scene.patch(&first, json!({ "_refresh": true })).await.expect(200);
        assert!(scene.cards(&first).await.is_empty());
        assert_eq!(scene.booked().await, before);
    }
}

#[tokio::test]
async fn removing_a_card_is_done_or_not_done() {
    let scene = Scene::set().await;
    for (vendor, instrument, calls) in [
        (Vendor::Stripe, "tok_visa".to_owned(), "/v1/payment_methods"),
        (Vendor::CheckoutCom, cko_token("approvedvisa"), "/instruments"),
    ] {
        let order = scene.saved_at(vendor, &instrument).await;
        let (card, token) = scene.only_card(&order).await;
        let path = format!("/api/customer_payment_sources/{card}");
        // The PSP refuses the gateway's keys: nothing was done, and the card stays.
        let fault = json!({ "vendor": vendor.name(), "fault": "error", "status": 401, "path_prefix": calls, "times": 1 });
        scene.story.sandbox().fault(&fault).await;
        let _ = scene
            .story
            .api
            .delete(&path)
            .await
            .expect_error(503, "PAYMENT_GATEWAY_UNAVAILABLE");
        let _ = scene.story.api.get(&path).await.expect(200);
        // The answer is lost, with or without an effect: the card is hidden at once, and removed in the end.
        scene.fault(vendor.name(), "drop_before", calls).await;
        let _ = scene.story.api.delete(&path).await.expect(204);
        let _ = scene
            .story
            .api
            .get(&path)
            .await
            .expect_error(404, "RECORD_NOT_FOUND");
        assert!(scene.cards(&order).await.is_empty());
        scene.story.sandbox().clear_faults().await;
        let is_gone = async || {
            let (status, at_psp) = scene.at_psp(&token).await;
            status == 404 || at_psp["customer"].is_null()
        };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !is_gone().await {
            assert!(
                std::time::Instant::now() < deadline,
                "{token} is still at {vendor:?}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn an_answer_lost_while_the_customer_is_made_makes_no_second_one() {
    let scene = Scene::set().await;
    let order = scene.order().await;
    scene.fault("stripe", "drop_after", "/v1/customers").await;
    let options =
        json!({ "options": { "setup_future_usage": "off_session", "payment_method": "pm_card_visa" } });
    let of = json!({ "order": bodies::to_one("orders", &order) });
    let body = bodies::resource("stripe_payments", options, of);
    let send = async || {
        let call = scene.story.api.call("POST", "/api/stripe_payments");
        call.header("Idempotency-Key", "k").json(&body).send().await
    };
    let _ = send().await.expect_error(503, "PAYMENT_GATEWAY_UNAVAILABLE");
    // A payment whose card may be saved is made even if it can't.
    let other = scene.order().await;
    let paid = scene
        .pay_v1(&other, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    assert_eq!(*paid.attribute("state"), "finished");
    assert!(scene.cards(&order).await.is_empty());
    scene.story.sandbox().clear_faults().await;
    let made = send().await.expect(201);
    assert_eq!(send().await.expect(201).id(), made.id());
    let (_, customers) = scene
        .story
        .sandbox()
        .call("GET", "/v1/customers", STRIPE_KEY, None)
        .await;
    assert_eq!(
        customers["data"].as_array().map(Vec::len),
        Some(1),
        "{customers:#}"
    );
    let _ = scene
        .patch(&order, json!({ "_authorize": true }))
        .await
        .expect(200);
    let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
    let _ = scene.only_card(&order).await;
}

#[tokio::test]
async fn a_payment_whose_answer_is_lost_saves_its_card_once() {
    let scene = Scene::set().await;
    let order = scene.order().await;
    scene.fault("stripe", "drop_after", "/v1/payment_intents").await;
    let lost = scene
        .pay_v1(&order, json!({ "stripe_token": "tok_visa" }))
        .await
        .expect(201);
    assert_eq!(*lost.attribute("state"), "processing");
    scene.story.sandbox().clear_faults().await;
    let path = format!("/api/v1/payments/{}", lost.id());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while *scene.story.api.get(&path).await.expect(200).attribute("state") == "processing" {
        assert!(std::time::Instant::now() < deadline);
    }
    let (_, token) = scene.only_card(&order).await;
    assert_eq!(scene.at_psp(&token).await.0, 200);
    assert_eq!(scene.story.sandbox().kinds().await, ["authorize", "capture"]);
}

#[tokio::test]
async fn a_card_of_nobody_is_attached_when_somebody_saves_it() {
    let scene = Scene::set().await;
    for (email, fault) in [("ann@example.com", None), ("bob@example.com", Some("drop_after"))] {
        let order = bodies::order(&scene.story.api, scene.story.shop.market(), 900).await;
        let options =
            json!({ "options": { "setup_future_usage": "off_session", "payment_method": "pm_card_visa" } });
        let of = json!({ "order": bodies::to_one("orders", &order) });
        let body = bodies::resource("stripe_payments", options, of);
        let _ = scene
            .story
            .api
            .post("/api/stripe_payments", &body)
            .await
            .expect(201);
        let _ = scene
            .patch(&order, json!({ "_authorize": true }))
            .await
            .expect(200);
        let _ = scene
            .patch(&order, json!({ "customer_email": email }))
            .await
            .expect(200);
        if let Some(fault) = fault {
            scene.fault("stripe", fault, "/v1/payment_methods").await;
        }
        let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
        scene.story.sandbox().clear_faults().await;
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while scene.cards(&order).await.is_empty() {
            assert!(std::time::Instant::now() < deadline, "{email}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let (card, token) = scene.only_card(&order).await;
        assert!(scene.at_psp(&token).await.1["customer"].is_string());
        let next = scene.order_of(email).await;
        let _ = scene.patch(&next, json!({ USE: card })).await.expect(200);
        let _ = scene
            .patch(&next, json!({ "_authorize": true }))
            .await
            .expect(200);
        scene.story.expect_status(&next, "pending", "authorized").await;
    }
}

#[tokio::test]
async fn an_integration_brings_cards_that_were_saved_elsewhere() {
    let scene = Scene::set().await;
    let first = scene.saved_at(Vendor::Stripe, "tok_visa").await;
    let (card, token) = scene.only_card(&first).await;
    let customer = scene.customer(&first).await;
    let create = async |attributes: Value, of: Value| {
        let body = bodies::resource("customer_payment_sources", attributes, of);
        scene.story.api.post("/api/customer_payment_sources", &body).await
    };
    let of_customer = json!({ "customer": bodies::to_one("customers", &customer) });
    let mut of = of_customer.clone();
    of["payment_method"] = bodies::to_one("payment_methods", &scene.story.shop.stripe_method);
    let taken = create(json!({ "payment_source_token": token }), of.clone())
        .await
        .expect(422);
    let _ = taken.expect_pointer("/data/attributes/payment_source_token");
    let other = create(
        json!({ "payment_source_token": "pm_other", "customer_token": "cus_other" }),
        of,
    )
    .await;
    assert_eq!(scene.cards(&first).await.len(), 2);
    let _ = scene
        .story
        .api
        .delete(&format!(
            "/api/customer_payment_sources/{}",
            other.expect(201).id()
        ))
        .await
        .expect(204);
    // A payment source provides its own tokens.
    let mut of = of_customer;
    let source = scene
        .story
        .api
        .get(&format!("/api/orders/{first}/payment_source"))
        .await
        .expect(200);
    of["payment_source"] = bodies::to_one("stripe_payments", source.id());
    let taken = create(json!({}), of.clone()).await.expect(422);
    let _ = taken.expect_pointer("/data/attributes");
    of["customer"] = bodies::to_one(
        "customers",
        &scene.customer(&scene.order_of("eve@example.com").await).await,
    );
    assert_not_owned(create(json!({}), of).await, "/data/relationships/customer");
    // The customer can't be deleted while there are cards.
    let _ = scene
        .story
        .api
        .delete(&format!("/api/customers/{customer}"))
        .await
        .expect_error(423, "LOCKED");
    let shown = scene
        .story
        .api
        .get(&format!("/api/customer_payment_sources/{card}/payment_source"))
        .await
        .expect(200);
    assert_eq!(shown.id(), source.id());
}
