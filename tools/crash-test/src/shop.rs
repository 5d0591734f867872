//! Two markets, each paid through gateways of its own at the sandbox.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::client::{Client, to_one};
use super::sandbox::{CHECKOUT_COM_KEY, Sandbox};

/// What Checkout.com signs its messages with.
const SIGNING_KEY: &str = "kill-test-signing-key-of-the-shop";

/// The two markets.
pub struct Shop {
    /// One whose authorizations can be captured once at Stripe, and one where they can be captured several times and place
    /// their orders.
    pub markets: [String; 2],
}

impl Shop {
    /// Sets it up.
    pub async fn open(client: &Client<'_>, sandbox: &Sandbox) -> Result<Self> {
        Ok(Self {
            markets: [
                market(client, sandbox, false).await?,
                market(client, sandbox, true).await?,
            ],
        })
    }
}

async fn market(client: &Client<'_>, sandbox: &Sandbox, several: bool) -> Result<String> {
    let attributes = json!({ "name": format!("Shop {several}"), "currency_code": "EUR" });
    let (market, _) = made(client, "markets", attributes, json!({})).await?;
    let stripe = json!({
        "name": "Stripe", "login": "sk_test_shop00000000", "publishable_key": "pk_test_shop00000000",
        "base_url": sandbox.url(), "multicapture": several
    });
    let (stripe, attributes) = made(client, "stripe_gateways", stripe, json!({})).await?;
    ensure!(
        attributes["webhook_endpoint_id"].is_string(),
        "the Stripe gateway has registered no endpoint"
    );
    let checkout_com = json!({
        "name": "Checkout.com", "secret_key": CHECKOUT_COM_KEY,
        "public_key": "pk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa",
        "processing_channel_id": "pc_shopaaaaaaaaaaaaaaaaaaaaaa", "base_url": sandbox.url(),
        "authorize_on_create": true, "webhook_endpoint_secret": SIGNING_KEY
    });
    let (checkout_com, attributes) = made(client, "checkout_com_gateways", checkout_com, json!({})).await?;
    let url = attributes["webhook_endpoint_url"].as_str().unwrap_or_default();
    sandbox.register_workflow(url, SIGNING_KEY).await?;
    for (source, kind, gateway) in [
        ("stripe_payments", "stripe_gateways", &stripe),
        ("checkout_com_payments", "checkout_com_gateways", &checkout_com),
    ] {
        let method = json!({ "payment_source_type": source, "price_amount_cents": 0, "auto_place": several });
        let of = json!({ "market": to_one("markets", &market), "payment_gateway": to_one(kind, gateway) });
        made(client, "payment_methods", method, of).await?;
    }
    Ok(market)
}

/// Creates a resource: its id and its attributes.
async fn made(client: &Client<'_>, kind: &str, attributes: Value, of: Value) -> Result<(String, Value)> {
    let mut reply = client.create(kind, attributes, of).await?;
    let id = reply
        .id()
        .map(str::to_owned)
        .filter(|_| reply.status == 201)
        .with_context(|| format!("{kind} can't be created: {} {}", reply.status, reply.body))?;
    Ok((id, reply.body["data"]["attributes"].take()))
}
