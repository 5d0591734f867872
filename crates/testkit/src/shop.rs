//! A market with a gateway of each PSP.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::bodies::to_one;

/// A client that can create resources.
#[expect(async_fn_in_trait, reason = "its callers run on one thread")]
pub trait Create {
    /// Creates a resource.
    async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Created>;
}

/// A created resource.
#[derive(Clone, Debug, Default)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// Its attributes in the answer.
    pub attributes: Value,
}

/// The differences between a shop and an ordinary one.
pub struct Setup<'a> {
    /// URL of both PSPs.
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
    /// Signing secret of Checkout.com's events.
    pub checkout_com_signing_key: Option<&'a str>,
    /// Additional attributes of both payment methods.
    pub method: Map<String, Value>,
}

impl<'a> Setup<'a> {
    /// Keys that the sandbox accepts; Checkout.com payments are requested on creation.
    pub fn at(psp: &'a str) -> Self {
        Self {
            psp,
            stripe_key: "sk_test_shop00000000",
            checkout_com_key: "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa",
            authorize_on_create: true,
            multicapture: false,
            currency: "EUR",
            checkout_com_signing_key: None,
            method: Map::new(),
        }
    }
}

/// A market of its own, so that its orders use only these gateways.
pub struct Shop {
    /// Id of the market.
    pub market: String,
    /// The Stripe gateway.
    pub stripe_gateway: Created,
    /// The Checkout.com gateway.
    pub checkout_com_gateway: Created,
    /// Id of the payment method for Stripe.
    pub stripe_method: String,
    /// Id of the payment method for Checkout.com.
    pub checkout_com_method: String,
}

impl Shop {
    /// Creates the market, its gateways and its payment methods.
    ///
    /// # Errors
    /// A resource can't be created.
    pub async fn set_up(api: &impl Create, setup: &Setup<'_>) -> Result<Self> {
        let market = json!({ "name": "Shop", "currency_code": setup.currency });
        let market = api.create("markets", market, json!({})).await?.id;
        let stripe = json!({
            "name": "Stripe", "login": setup.stripe_key, "publishable_key": "pk_test_shop00000000",
            "base_url": setup.psp, "multicapture": setup.multicapture
        });
        let mut checkout_com = json!({
            "name": "Checkout.com", "secret_key": setup.checkout_com_key,
            "public_key": "pk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa",
            "processing_channel_id": "pc_shopaaaaaaaaaaaaaaaaaaaaaa", "base_url": setup.psp,
            "authorize_on_create": setup.authorize_on_create
        });
        if let Some(key) = setup.checkout_com_signing_key {
            checkout_com["webhook_endpoint_secret"] = json!(key);
        }
        let stripe_gateway = api.create("stripe_gateways", stripe, json!({})).await?;
        let checkout_com_gateway = api
            .create("checkout_com_gateways", checkout_com, json!({}))
            .await?;
        let method = async |source: &str, kind: &str, gateway: &Created| {
            let mut method = setup.method.clone();
            method.insert("payment_source_type".into(), json!(source));
            method.insert("price_amount_cents".into(), json!(0));
            let of = json!({
                "market": to_one("markets", &market), "payment_gateway": to_one(kind, &gateway.id)
            });
            anyhow::Ok(api.create("payment_methods", method.into(), of).await?.id)
        };
        Ok(Self {
            stripe_method: method("stripe_payments", "stripe_gateways", &stripe_gateway).await?,
            checkout_com_method: method(
                "checkout_com_payments",
                "checkout_com_gateways",
                &checkout_com_gateway,
            )
            .await?,
            market,
            stripe_gateway,
            checkout_com_gateway,
        })
    }
}
