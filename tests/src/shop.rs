//! A market with a gateway of each PSP, and the state of its orders.

use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::bodies::{resource, to_one};

/// A market of its own, so that its orders are paid through these gateways and no others.
pub struct Shop {
    api: Api,
    market: String,
    /// Id of the Stripe gateway.
    pub stripe_gateway: String,
    /// Id of the Checkout.com gateway.
    pub checkout_com_gateway: String,
    /// Id of the payment method for Stripe.
    pub stripe_method: String,
    /// Id of the payment method for Checkout.com.
    pub checkout_com_method: String,
}

/// How a shop differs from an ordinary one.
pub struct Setup<'a> {
    /// Where both PSPs are.
    pub psp: &'a str,
    /// Secret key at Stripe.
    pub stripe_key: &'a str,
    /// Secret key at Checkout.com.
    pub checkout_com_key: &'a str,
    /// Whether Checkout.com payments are requested on creation.
    pub authorize_on_create: bool,
    /// Whether the Stripe gateway keeps the rest of an authorization after a partial capture.
    pub multicapture: bool,
    /// Currency of the market.
    pub currency: &'a str,
    /// More attributes of both payment methods.
    pub method: Map<String, Value>,
}

impl<'a> Setup<'a> {
    /// Keys that the sandbox takes; Checkout.com payments are requested on creation.
    pub fn at(psp: &'a str) -> Self {
        Self {
            psp,
            stripe_key: "sk_test_shop00000000",
            checkout_com_key: "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa",
            authorize_on_create: true,
            multicapture: false,
            currency: "EUR",
            method: Map::new(),
        }
    }
}

impl Shop {
    /// Sets up a shop whose PSPs are at `psp`.
    pub async fn at(api: &Api, psp: &str) -> Self {
        Self::set_up(api, &Setup::at(psp)).await
    }

    /// Sets up a shop.
    pub async fn set_up(api: &Api, setup: &Setup<'_>) -> Self {
        let market = json!({ "name": "Shop", "currency_code": setup.currency });
        let market = create(api, "markets", market, json!({})).await;
        let stripe = json!({
            "name": "Stripe", "login": setup.stripe_key, "publishable_key": "pk_test_shop00000000",
            "base_url": setup.psp, "multicapture": setup.multicapture
        });
        let checkout_com = json!({
            "name": "Checkout.com", "secret_key": setup.checkout_com_key,
            "public_key": "pk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa",
            "processing_channel_id": "pc_shopaaaaaaaaaaaaaaaaaaaaaa", "base_url": setup.psp,
            "authorize_on_create": setup.authorize_on_create
        });
        let stripe_gateway = create(api, "stripe_gateways", stripe, json!({})).await;
        let checkout_com_gateway = create(api, "checkout_com_gateways", checkout_com, json!({})).await;
        let mut methods = Vec::new();
        for (source, kind, gateway) in [
            ("stripe_payments", "stripe_gateways", &stripe_gateway),
            (
                "checkout_com_payments",
                "checkout_com_gateways",
                &checkout_com_gateway,
            ),
        ] {
            let mut method = setup.method.clone();
            method.insert("payment_source_type".into(), json!(source));
            method.insert("price_amount_cents".into(), json!(0));
            let of =
                json!({ "market": to_one("markets", &market), "payment_gateway": to_one(kind, gateway) });
            methods.push(create(api, "payment_methods", method.into(), of).await);
        }
        Self {
            api: api.clone(),
            market,
            stripe_gateway,
            checkout_com_gateway,
            checkout_com_method: methods.pop().unwrap_or_default(),
            stripe_method: methods.pop().unwrap_or_default(),
        }
    }

    /// Id of the market.
    pub fn market(&self) -> &str {
        &self.market
    }

    /// A pending order that is to be paid with a payment method; its id.
    pub async fn order_with(&self, method: &str, unit_amount_cents: i64) -> String {
        let order = self.order(unit_amount_cents).await;
        let body = json!({ "data": { "type": "orders", "id": order,
            "relationships": { "payment_method": to_one("payment_methods", method) } } });
        let _ = self
            .api
            .patch(&format!("/api/orders/{order}"), &body)
            .await
            .expect(200);
        order
    }

    /// A pending order of a customer with one line item; its id.
    pub async fn order(&self, unit_amount_cents: i64) -> String {
        let of = json!({ "market": to_one("markets", &self.market) });
        let order = create(
            &self.api,
            "orders",
            json!({ "customer_email": "ada@example.com" }),
            of,
        )
        .await;
        self.add(&order, unit_amount_cents).await;
        order
    }

    /// Adds a line item to an order.
    pub async fn add(&self, order: &str, unit_amount_cents: i64) {
        let item = json!({ "name": "Coffee", "quantity": 1, "unit_amount_cents": unit_amount_cents });
        create(
            &self.api,
            "line_items",
            item,
            json!({ "order": to_one("orders", order) }),
        )
        .await;
    }

    /// `payment_status` of an order, as it is stored: nobody is asked.
    pub async fn payment_status(&self, order: &str) -> String {
        let found = self.api.get(&format!("/api/orders/{order}")).await.expect(200);
        found
            .attribute("payment_status")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// `status` of an order.
    pub async fn status(&self, order: &str) -> String {
        let found = self.api.get(&format!("/api/orders/{order}")).await.expect(200);
        found.attribute("status").as_str().unwrap_or_default().to_owned()
    }

    /// Attributes of the order's authorizations, oldest first.
    pub async fn authorizations(&self, order: &str) -> Vec<Value> {
        self.transactions(order, "authorizations").await
    }

    /// Attributes of the order's captures, oldest first.
    pub async fn captures(&self, order: &str) -> Vec<Value> {
        self.transactions(order, "captures").await
    }

    async fn transactions(&self, order: &str, kind: &str) -> Vec<Value> {
        let found = self
            .api
            .get(&format!("/api/orders/{order}/{kind}"))
            .await
            .expect(200);
        let items = found.body["data"].as_array().cloned().unwrap_or_default();
        let mut transactions: Vec<Value> = items
            .into_iter()
            .map(|mut item| item["attributes"].take())
            .collect();
        transactions.sort_by_key(|transaction| transaction["number"].to_string());
        transactions
    }
}

async fn create(api: &Api, kind: &str, attributes: Value, relationships: Value) -> String {
    let body = resource(kind, attributes, relationships);
    api.post(&format!("/api/{kind}"), &body)
        .await
        .expect(201)
        .id()
        .to_owned()
}
