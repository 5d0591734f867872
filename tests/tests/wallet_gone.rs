//! Customers and cards that are gone at their PSP, and orders whose buyer changes: stored ids are forgotten, the payment
//! continues, and no card gets to another person.

use serde_json::{Value, json};
use tillgate_tests::{Answer, Story, Vendor, bodies};

const STRIPE_KEY: &str = "sk_test_shop00000000";
const CHECKOUT_COM_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";
const USE: &str = "_customer_payment_source_id";
const SAVE: &str = "_save_payment_source_to_customer_wallet";

struct Scene {
    story: Story,
}

impl Scene {
    async fn set() -> Self {
        Self {
            story: Story::start().await,
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

    async fn pay_v1(&self, order: &str, attributes: Value) -> Answer {
        let of = json!({ "order": bodies::to_one("order", order) });
        let body = bodies::resource("payments", attributes, of);
        self.story.api.post("/api/v1/payments", &body).await
    }

    async fn stripe(&self, order: &str, options: Value) -> Answer {
        let of = json!({ "order": bodies::to_one("orders", order) });
        let body = bodies::resource("stripe_payments", json!({ "options": options }), of);
        self.story.api.post("/api/stripe_payments", &body).await
    }

    /// A card that a payment of the customer has saved: its id, its token and the PSP's customer.
    async fn card(&self, vendor: Vendor) -> [String; 3] {
        let order = self.order().await;
        match vendor {
            Vendor::Stripe => {
                let paid = self.pay_v1(&order, json!({ "stripe_token": "tok_visa" })).await;
                assert_eq!(*paid.expect(201).attribute("state"), "finished");
            }
            Vendor::CheckoutCom => {
                let _ = self.story.create(vendor, &order).await;
                let _ = self.patch(&order, json!({ SAVE: true })).await.expect(200);
                let _ = self.patch(&order, json!({ "_place": true })).await.expect(200);
            }
        }
        let cards = self.cards(&order).await;
        let card = cards.last().expect("a card");
        let attributes = &card["attributes"];
        [
            &card["id"],
            &attributes["payment_source_token"],
            &attributes["customer_token"],
        ]
        .map(|value| value.as_str().expect("a text").to_owned())
    }

    /// The cards of an order's customer.
    async fn cards(&self, order: &str) -> Vec<Value> {
        let customer = self.story.api.get(&format!("/api/orders/{order}/customer")).await;
        let path = format!(
            "/api/customers/{}/customer_payment_sources",
            customer.expect(200).id()
        );
        let list = self.story.api.get(&path).await.expect(200);
        list.body["data"].as_array().cloned().unwrap_or_default()
    }

    async fn delete_at_psp(&self, path: &str) {
        let key = if path.starts_with("/v1/") {
            STRIPE_KEY
        } else {
            CHECKOUT_COM_KEY
        };
        let method = if path.ends_with("/detach") {
            "POST"
        } else {
            "DELETE"
        };
        let (status, body) = self.story.sandbox().call(method, path, key, None).await;
        assert!(status < 300, "{path}: {status} {body}");
    }

    async fn intent(&self, source: &str) -> Value {
        let shown = self.story.get("stripe_payments", source).await;
        let id = shown
            .attribute("stripe_id")
            .as_str()
            .expect("a PaymentIntent")
            .to_owned();
        let path = format!("/v1/payment_intents/{id}");
        self.story.sandbox().call("GET", &path, STRIPE_KEY, None).await.1
    }
}

#[tokio::test]
async fn a_customer_who_is_gone_at_stripe_is_made_anew() {
    let scene = Scene::set().await;
    for way in ["second dialect", "setup_future_usage", "wish"] {
        let [_, _, gone] = scene.card(Vendor::Stripe).await;
        scene.delete_at_psp(&format!("/v1/customers/{gone}")).await;
        let order = scene.order().await;
        let before = scene.cards(&order).await.len();
        match way {
            "second dialect" => {
                let paid = scene.pay_v1(&order, json!({ "stripe_token": "tok_visa" })).await;
                assert_eq!(*paid.expect(201).attribute("state"), "finished");
            }
            "setup_future_usage" => {
                let options =
                    json!({ "payment_method": "pm_card_visa", "setup_future_usage": "off_session" });
                let _ = scene.stripe(&order, options).await.expect(201);
                let _ = scene
                    .patch(&order, json!({ "_authorize": true }))
                    .await
                    .expect(200);
                let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
            }
            _ => {
                let _ = scene
                    .stripe(&order, json!({ "payment_method": "pm_card_visa" }))
                    .await
                    .expect(201);
                let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
                let _ = scene
                    .patch(&order, json!({ "_authorize": true }))
                    .await
                    .expect(200);
            }
        }
        let cards = scene.cards(&order).await;
        assert_eq!(cards.len(), before + 1, "{way}");
        let new = &cards[before]["attributes"]["customer_token"];
        assert!(new.is_string() && *new != json!(gone), "{way}: {new}");
        assert!(
            scene.story.amounts(&order, "authorizations").await == [1_000],
            "{way}"
        );
    }
    scene.story.assert_books_agree().await;
}

#[tokio::test]
async fn a_card_that_waits_to_be_attached_gets_a_customer_who_is_there() {
    let scene = Scene::set().await;
    let [_, _, gone] = scene.card(Vendor::Stripe).await;
    scene.delete_at_psp(&format!("/v1/customers/{gone}")).await;
    let order = bodies::order(&scene.story.api, scene.story.shop.market(), 900).await;
    let options = json!({ "payment_method": "pm_card_visa", "setup_future_usage": "off_session" });
    let _ = scene.stripe(&order, options).await.expect(201);
    let _ = scene
        .patch(&order, json!({ "_authorize": true }))
        .await
        .expect(200);
    let named = json!({ "customer_email": "ada@example.com" });
    let _ = scene.patch(&order, named).await.expect(200);
    let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
    let cards = scene.cards(&order).await;
    let tokens: Vec<&Value> = cards
        .iter()
        .map(|card| &card["attributes"]["customer_token"])
        .collect();
    assert_eq!(tokens.len(), 2, "{cards:#?}");
    assert!(*tokens[1] != json!(gone), "{tokens:?}");
}

#[tokio::test]
async fn a_saved_card_that_is_gone_leaves_the_wallet() {
    let scene = Scene::set().await;
    for vendor in Vendor::ALL {
        for what in ["customer", "card"] {
            for way in ["chosen", "named"] {
                let [card, token, customer] = scene.card(vendor).await;
                let path = match (vendor, what) {
                    (Vendor::Stripe, "customer") => format!("/v1/customers/{customer}"),
                    (Vendor::Stripe, _) => format!("/v1/payment_methods/{token}/detach"),
                    (Vendor::CheckoutCom, "customer") => format!("/customers/{customer}"),
                    (Vendor::CheckoutCom, _) => format!("/instruments/{token}"),
                };
                scene.delete_at_psp(&path).await;
                let order = scene.order().await;
                let refused = match (vendor, way) {
                    (_, "chosen") => {
                        let _ = scene.patch(&order, json!({ USE: card })).await.expect(200);
                        scene.patch(&order, json!({ "_place": true })).await
                    }
                    (Vendor::Stripe, _) => {
                        scene
                            .pay_v1(&order, json!({ "stripe_payment_method_id": token }))
                            .await
                    }
                    (Vendor::CheckoutCom, _) => {
                        let attributes = json!({ "payment_type": "id", "token": token });
                        let of = json!({ "order": bodies::to_one("orders", &order) });
                        let body = bodies::resource("checkout_com_payments", attributes, of);
                        let source = scene.story.api.post("/api/checkout_com_payments", &body).await;
                        let source = source.expect(201).id().to_owned();
                        let authorize = json!({ "_authorize": true });
                        scene
                            .story
                            .patch("checkout_com_payments", &source, authorize)
                            .await
                    }
                };
                let refused = refused.expect(422);
                let detail = refused.errors().next().expect("an error")["detail"].to_string();
                assert!(
                    detail.contains("choose another card"),
                    "{vendor:?} {what} {way}: {detail}"
                );
                let path = format!("/api/customer_payment_sources/{card}");
                let _ = scene.story.api.get(&path).await.expect(404);
                // Another card pays.
                let _ = scene.story.create(vendor, &order).await;
                let _ = scene.patch(&order, json!({ "_place": true })).await.expect(200);
                scene.story.expect_status(&order, "placed", "authorized").await;
            }
        }
    }
    scene.story.assert_books_agree().await;
}

/// All changes that give an order to another customer.
fn changes() -> [(&'static str, Value); 2] {
    [
        ("address", json!({ "customer_email": "eve@example.com" })),
        ("nobody", json!({ "customer_email": null })),
    ]
}

async fn move_to(scene: &Scene, order: &str, change: &Value) -> Answer {
    scene.patch(order, change.clone()).await
}

#[tokio::test]
async fn an_intent_that_was_made_for_one_buyer_is_given_up_when_another_one_comes() {
    let scene = Scene::set().await;
    for (name, change) in changes() {
        for way in ["setup_future_usage", "wish", "second dialect"] {
            let order = scene.order().await;
            let source = match way {
                "setup_future_usage" => {
                    scene
                        .stripe(&order, json!({ "setup_future_usage": "off_session" }))
                        .await
                }
                "wish" => {
                    let source = scene.stripe(&order, json!({})).await;
                    let _ = scene.patch(&order, json!({ SAVE: true })).await.expect(200);
                    source
                }
                _ => scene.pay_v1(&order, json!({})).await,
            };
            let source = source.expect(201).id().to_owned();
            assert!(scene.intent(&source).await["customer"].is_string(), "{way}");
            let _ = move_to(&scene, &order, &change).await.expect(200);
            assert_eq!(scene.intent(&source).await["status"], "canceled", "{name} {way}");
            let present = scene
                .story
                .api
                .get(&format!("/api/orders/{order}/payment_source"))
                .await;
            assert!(
                present.status == 404 || present.body["data"].is_null(),
                "{name} {way}"
            );
        }
    }
}

#[tokio::test]
async fn a_payment_of_one_buyer_stays_theirs_while_it_holds_money_or_waits() {
    let scene = Scene::set().await;
    for (_, change) in changes() {
        for vendor in Vendor::ALL {
            let order = scene.order().await;
            let source = match vendor {
                Vendor::Stripe => {
                    let options =
                        json!({ "payment_method": "pm_card_visa", "setup_future_usage": "off_session" });
                    scene.stripe(&order, options).await.expect(201)
                }
                Vendor::CheckoutCom => scene.story.create(vendor, &order).await,
            };
            let _ = scene
                .patch(&order, json!({ "_authorize": true }))
                .await
                .expect(200);
            let refused = move_to(&scene, &order, &change).await.expect(422);
            let _ = refused.expect_pointer("/data/attributes/customer_email");
            let customer = scene
                .story
                .api
                .get(&format!("/api/orders/{order}/customer"))
                .await;
            assert_eq!(*customer.attribute("email"), "ada@example.com");
            let shown = scene.story.get(vendor.source(), source.id()).await;
            assert_eq!(shown.id(), source.id());
        }
    }
}

#[tokio::test]
async fn an_intent_of_nobody_goes_on_and_its_card_is_saved_for_nobody_else() {
    let scene = Scene::set().await;
    let order = scene.order().await;
    let _ = scene
        .stripe(&order, json!({ "payment_method": "pm_card_visa" }))
        .await
        .expect(201);
    let change = json!({ "customer_email": "eve@example.com", "guest": false });
    let _ = move_to(&scene, &order, &change).await.expect(200);
    let refused = scene.patch(&order, json!({ SAVE: true })).await.expect(422);
    assert_eq!(refused.body["errors"][0]["meta"]["error"], "not_owned");
    let _ = scene.patch(&order, json!({ "_place": true })).await.expect(200);
    scene.story.expect_status(&order, "placed", "authorized").await;
    assert!(scene.cards(&order).await.is_empty());
}
