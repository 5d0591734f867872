//! Two markets, each paid through gateways of its own at the sandbox.

use anyhow::{Result, ensure};
use serde_json::json;
use tillgate_testkit::Setup;

use super::client::Client;
use super::sandbox::Sandbox;

/// Signing key of Checkout.com's messages.
const SIGNING_KEY: &str = "kill-test-signing-key-of-the-shop";

/// The two markets.
pub struct Shop {
    /// One market whose authorizations can be captured once at Stripe, and one where they can be captured several times and place
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
    let mut setup = Setup::at(sandbox.url());
    setup.multicapture = several;
    setup.checkout_com_signing_key = Some(SIGNING_KEY);
    setup.method.insert("auto_place".into(), json!(several));
    let shop = tillgate_testkit::Shop::set_up(client, &setup).await?;
    ensure!(
        shop.stripe_gateway.attributes["webhook_endpoint_id"].is_string(),
        "the Stripe gateway has registered no endpoint"
    );
    let url = shop.checkout_com_gateway.attributes["webhook_endpoint_url"].as_str();
    let url = url.unwrap_or_default();
    sandbox
        .register_workflow(setup.checkout_com_key, url, SIGNING_KEY)
        .await?;
    Ok(shop.market)
}
