//! The service's API, as the benchmark uses it.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tillgate_testkit::bodies::{self, to_one};
use tillgate_testkit::{Client, Demo};

use super::http::{self, Connection, Request};

/// Connections over which records are made in advance.
const PREPARING_CONNECTIONS: usize = 32;

/// Address and token of the service.
#[derive(Clone)]
pub struct Api {
    /// Address of the service.
    pub address: SocketAddr,
    token: SecretString,
    market: String,
}

impl Api {
    /// A client that knows only the address.
    pub fn unauthorized(address: SocketAddr) -> Self {
        Self {
            address,
            token: String::new().into(),
            market: String::new(),
        }
    }

    /// Requests a token, with the credentials in demo.env.
    pub async fn authorize(address: SocketAddr, demo: &Demo) -> Result<Self> {
        let service = Client::new(&format!("http://{address}"))?;
        let (id, secret) = (
            demo.get("TILLGATE_CLIENT_ID")?,
            demo.get("TILLGATE_CLIENT_SECRET")?,
        );
        let token = service.token(id, secret).await?;
        let market = demo.get("TILLGATE_MARKET_ID")?.to_owned();
        Ok(Self {
            address,
            token,
            market,
        })
    }

    /// Points the Stripe gateways at another sandbox.
    pub async fn use_sandbox(&self, url: &str) -> Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let gateways = connection
            .send(&self.get("/api/stripe_gateways"))
            .await?
            .expect(200)?
            .document()?;
        for gateway in gateways["data"].as_array().into_iter().flatten() {
            let id = gateway["id"].as_str().context("a gateway without an id")?;
            // Another address needs the key again; the sandbox takes any that is well formed. Builds that came before this rule take
            // the address alone.
            let with_key = json!({"base_url": url, "login": "sk_test_51TillgateDemo000000000000"});
            let change = |attributes| {
                let document = bodies::change("stripe_gateways", id, attributes);
                let path = format!("/api/stripe_gateways/{id}");
                http::with_document("PATCH", &path, self.token.expose_secret(), &document)
            };
            let mut answer = connection.send(&change(with_key)).await?;
            if answer.status == 400 {
                answer = connection.send(&change(json!({"base_url": url}))).await?;
            }
            answer.expect(200)?;
        }
        Ok(())
    }

    /// `GET` of a path.
    pub fn get(&self, path: &str) -> Request {
        http::bare("GET", path, self.token.expose_secret())
    }

    /// `POST` of any body.
    pub fn post_body(&self, path: &str, body: &str) -> Request {
        let token = self.token.expose_secret();
        http::with_body("POST", path, token, "application/vnd.api+json", body)
    }

    /// `POST` of a form, without a token.
    pub fn form(&self, path: &str, body: &str) -> Request {
        http::with_body("POST", path, "", "application/x-www-form-urlencoded", body)
    }

    /// Creation of a Stripe payment of an order.
    pub fn stripe_payment(&self, order: &str) -> Request {
        self.post(
            "stripe_payments",
            json!({}),
            json!({"order": to_one("orders", order)}),
        )
    }

    /// Creates an order that can be paid once, with one line item. Returns its id.
    pub async fn order(&self, connection: &mut Connection) -> Result<String> {
        let order = self.post(
            "orders",
            json!({"customer_email": "jo@example.com"}),
            json!({"market": to_one("markets", &self.market)}),
        );
        let order = created(connection, &order).await?;
        let line_item = self.post(
            "line_items",
            json!({"name": "Espresso cup", "unit_amount_cents": 1250, "quantity": 2}),
            json!({"order": to_one("orders", &order)}),
        );
        created(connection, &line_item).await?;
        Ok(order)
    }

    /// Requests that each create a Stripe payment of their own order.
    pub async fn stripe_payments(&self, count: usize) -> Result<Vec<Request>> {
        let connections = PREPARING_CONNECTIONS.min(count);
        let shares = (0..connections).map(async |index| {
            let mut connection = Connection::open(self.address).await?;
            let mut requests = Vec::new();
            for _ in (index..count).step_by(connections) {
                requests.push(self.stripe_payment(&self.order(&mut connection).await?));
            }
            anyhow::Ok(requests)
        });
        Ok(try_join_all(shares).await?.concat())
    }

    /// Requests that each capture an authorization of their own order.
    pub async fn captures(&self, count: usize) -> Result<Vec<Request>> {
        let connections = PREPARING_CONNECTIONS.min(count);
        let shares = (0..connections).map(async |index| {
            let mut connection = Connection::open(self.address).await?;
            let mut requests = Vec::new();
            for _ in (index..count).step_by(connections) {
                let authorization = self.authorized(&mut connection).await?;
                requests.push(self.patch("authorizations", &authorization, json!({"_capture": true})));
            }
            anyhow::Ok(requests)
        });
        Ok(try_join_all(shares).await?.concat())
    }

    /// Creates an order and authorizes it. Returns the authorization's id.
    async fn authorized(&self, connection: &mut Connection) -> Result<String> {
        let order = self.order(connection).await?;
        let payment = self.post(
            "stripe_payments",
            json!({"options": {"payment_method": "pm_card_visa"}}),
            json!({"order": to_one("orders", &order)}),
        );
        let payment = created(connection, &payment).await?;
        let request = self.patch("stripe_payments", &payment, json!({"_authorize": true}));
        connection.send(&request).await?.expect(200)?;
        let list = self.get(&format!("/api/orders/{order}/authorizations"));
        let document = connection.send(&list).await?.expect(200)?.document()?;
        let id = document["data"][0]["id"].as_str();
        Ok(id.context("an order without an authorization")?.to_owned())
    }

    /// Gives the Stripe gateways a signing secret. Returns the URL for the first one's events.
    pub async fn listen_for_stripe(&self, connection: &mut Connection, secret: &str) -> Result<String> {
        let request = self.get("/api/stripe_gateways");
        let gateways = connection.send(&request).await?.expect(200)?.document()?;
        let gateway = &gateways["data"][0];
        let id = gateway["id"].as_str().context("there is no Stripe gateway")?;
        let attributes = json!({"webhook_endpoint_secret": secret});
        let request = self.patch("stripe_gateways", id, attributes);
        connection.send(&request).await?.expect(200)?;
        let url = gateway["attributes"]["webhook_endpoint_url"].as_str();
        let url: url::Url = url.context("a gateway without a webhook_endpoint_url")?.parse()?;
        Ok(url.path().to_owned())
    }

    /// Creates webhooks that are called for each new customer.
    pub async fn webhooks(
        &self,
        connection: &mut Connection,
        count: usize,
        url: &str,
    ) -> Result<Vec<String>> {
        let webhook = json!({"topic": "customers.create", "callback_url": url});
        let request = self.post("webhooks", webhook, json!({}));
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(created(connection, &request).await?);
        }
        Ok(ids)
    }

    /// Disables a webhook.
    pub async fn disable_webhook(&self, connection: &mut Connection, id: &str) -> Result<()> {
        let request = self.patch("webhooks", id, json!({"_disable": true}));
        connection.send(&request).await?.expect(200)?;
        Ok(())
    }

    /// Creation of a customer; each has a different name.
    pub fn customer(&self, name: &str) -> Request {
        self.post(
            "customers",
            json!({"email": format!("{name}@example.com")}),
            json!({}),
        )
    }

    /// Creates an order and pays it. Returns the payment's path.
    pub async fn paid(&self, connection: &mut Connection) -> Result<String> {
        let order = self.order(connection).await?;
        let payment = created(connection, &self.stripe_payment(&order)).await?;
        Ok(format!("/api/stripe_payments/{payment}"))
    }

    fn patch(&self, kind: &str, id: &str, attributes: Value) -> Request {
        let document = bodies::change(kind, id, attributes);
        http::with_document(
            "PATCH",
            &format!("/api/{kind}/{id}"),
            self.token.expose_secret(),
            &document,
        )
    }

    fn post(&self, kind: &str, attributes: Value, relationships: Value) -> Request {
        let document = bodies::resource(kind, attributes, relationships);
        http::with_document(
            "POST",
            &format!("/api/{kind}"),
            self.token.expose_secret(),
            &document,
        )
    }
}

/// Sends a creation. Returns the new resource's id.
async fn created(connection: &mut Connection, request: &[u8]) -> Result<String> {
    let document = connection.send(request).await?.expect(201)?.document()?;
    let id = document["data"]["id"]
        .as_str()
        .context("a created resource without an id")?;
    Ok(id.to_owned())
}
