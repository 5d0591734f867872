//! A market with a gateway of each PSP, and the state of its orders.

use anyhow::Result;
use serde_json::{Value, json};
pub use tillgate_testkit::Setup;
use tillgate_testkit::{Create, Created};

use crate::api::Api;
use crate::bodies::{line_item, resource, to_one};

/// A market of its own, so that its orders use only these gateways.
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

impl Create for Api {
    async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Created> {
        let body = resource(kind, attributes, relationships);
        let mut made = self.post(&format!("/api/{kind}"), &body).await.expect(201);
        Ok(Created {
            id: made.id().to_owned(),
            attributes: made.body["data"]["attributes"].take(),
        })
    }
}

impl Shop {
    /// Sets up a shop whose PSPs are at `psp`.
    pub async fn at(api: &Api, psp: &str) -> Self {
        Self::set_up(api, &Setup::at(psp)).await
    }

    /// Sets up a shop.
    pub async fn set_up(api: &Api, setup: &Setup<'_>) -> Self {
        let shop = tillgate_testkit::Shop::set_up(api, setup).await;
        let shop = shop.unwrap_or_else(|error| panic!("{error:?}"));
        Self {
            api: api.clone(),
            market: shop.market,
            stripe_gateway: shop.stripe_gateway.id,
            checkout_com_gateway: shop.checkout_com_gateway.id,
            checkout_com_method: shop.checkout_com_method,
            stripe_method: shop.stripe_method,
        }
    }

    /// Id of the market.
    pub fn market(&self) -> &str {
        &self.market
    }

    /// A pending order with a payment method. Returns its id.
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

    /// A pending order of a customer with one line item. Returns its id.
    pub async fn order(&self, unit_amount_cents: i64) -> String {
        let of = json!({ "market": to_one("markets", &self.market) });
        let order = resource("orders", json!({ "customer_email": "ada@example.com" }), of);
        let order = self
            .api
            .post("/api/orders", &order)
            .await
            .expect(201)
            .id()
            .to_owned();
        self.add(&order, unit_amount_cents).await;
        order
    }

    /// Adds a line item to an order.
    pub async fn add(&self, order: &str, unit_amount_cents: i64) {
        let item = line_item(order, "Coffee", 1, unit_amount_cents);
        let _ = self.api.post("/api/line_items", &item).await.expect(201);
    }

    /// The stored `payment_status` of an order: no PSP is asked.
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
