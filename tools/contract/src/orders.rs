//! Orders to pay: the given ones, then new ones that are made through the API.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::deployment::{Deployment, Reply};
use openapi_document::JSON_API;

/// The given orders, by the type that can pay them.
pub struct Orders(Vec<(String, String)>);

/// `TYPE=ID` of the command line.
pub fn given(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok((kind.to_owned(), id.to_owned())),
        _ => Err("must be TYPE=ID".to_owned()),
    }
}

impl Orders {
    /// Orders in the sequence of their use.
    pub fn new(given: Vec<(String, String)>) -> Self {
        Self(given)
    }

    /// The next order that can be paid with this type.
    ///
    /// # Errors
    /// None was given, and the deployment makes none.
    pub fn next(&mut self, kind: &str, deployment: &Deployment) -> anyhow::Result<String> {
        match self.0.iter().position(|(of, _)| of == kind) {
            Some(at) => Ok(self.0.remove(at).1),
            None => make(kind, deployment)
                .with_context(|| format!("no order could be made; give one with --order {kind}=ID")),
        }
    }
}

fn make(kind: &str, deployment: &Deployment) -> anyhow::Result<String> {
    // Payments in one call are charged through Stripe.
    let source = if kind == "payments" {
        "stripe_payments"
    } else {
        kind
    };
    let methods = get(deployment, "/api/payment_methods?page[size]=25")?;
    let mut methods = methods["data"].as_array().into_iter().flatten();
    let method = methods
        .find(|method| {
            method["attributes"]["payment_source_type"] == source
                && method["attributes"]["disabled_at"].is_null()
        })
        .and_then(|method| method["id"].as_str())
        .with_context(|| format!("there is no payment method for {source}"))?;
    let of_method = get(deployment, &format!("/api/payment_methods/{method}/market"))?;
    let market = match of_method["data"]["id"].as_str() {
        Some(market) => market.to_owned(),
        // The method belongs to all markets.
        None => {
            let markets = get(deployment, "/api/markets?page[size]=1")?;
            let first = markets["data"][0]["id"].as_str();
            first.context("there is no market")?.to_owned()
        }
    };
    let order = json!({
        "type": "orders",
        "attributes": {"customer_email": "contract@example.com"},
        "relationships": {"market": to("markets", &market), "payment_method": to("payment_methods", method)}
    });
    let order = post(deployment, "/api/orders", order)?;
    let item = json!({
        "type": "line_items",
        "attributes": {"name": "Espresso cup", "quantity": 2, "unit_amount_cents": 1250},
        "relationships": {"order": to("orders", &order)}
    });
    post(deployment, "/api/line_items", item)?;
    Ok(order)
}

fn to(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

fn get(deployment: &Deployment, path: &str) -> anyhow::Result<Value> {
    let reply = deployment.send("GET", path, JSON_API, None)?;
    ensure!(reply.status == 200, "GET {path}: {}", reply.detail());
    reply.body.with_context(|| format!("GET {path} answers no JSON"))
}

fn post(deployment: &Deployment, path: &str, data: Value) -> anyhow::Result<String> {
    let reply = deployment.send("POST", path, JSON_API, Some(&json!({"data": data})))?;
    let id = Reply::id(&reply).filter(|_| reply.status == 201);
    Ok(id
        .with_context(|| format!("POST {path}: {}", reply.detail()))?
        .to_owned())
}
