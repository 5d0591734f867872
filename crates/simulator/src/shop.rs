//! The setup of a run: an organization, its gateways at both PSPs, and some orders.

use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tillgate_payments::{
    ApplicationKind, Caller,
    accounts::{self, NewApplication},
};
use tillgate_sandbox::Outcome;
use tillgate_store::Scope;

use crate::{
    api::{Api, Ask, Heard, table},
    buyer::STRIPE_PUBLIC_KEY,
    host::Host,
    merchant,
    notes::{SharedNotes, text},
    world::PSP_URL,
};

/// Currencies with two, none and three decimals. Amounts end with 0, as both PSPs require with three decimals.
const CURRENCIES: &[&str] = &["EUR", "EUR", "EUR", "JPY", "KWD"];
/// Secret key of the gateway at Stripe.
pub const STRIPE_KEY: &str = "sk_test_simulator0000000000";
/// Secret key of the gateway at Checkout.com.
pub const CHECKOUT_COM_KEY: &str = "sk_sbox_simulatoraaaaaaaaaaaaaaaaaa";
/// Topics that the merchant may subscribe to. Each happens to a resource at most once.
const TOPICS: &[&str] = &[
    "authorizations.succeeded",
    "authorizations.failed",
    "captures.succeeded",
    "captures.failed",
    "voids.succeeded",
    "refunds.succeeded",
    "refunds.failed",
    "transactions.create",
    "orders.place",
    "orders.approve",
    "orders.cancel",
];
/// The buyers.
pub const EMAILS: &[&str] = &["ada@example.com", "eve@example.com"];
const SIGNING_KEY: &str = "simulated-signing-key";

/// Links to one resource.
pub fn to_one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

/// A document that creates a resource.
pub fn resource(kind: &str, attributes: Value, relationships: Value) -> Value {
    json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}})
}

/// Opens the shop. Returns its API, for the clients.
///
/// # Errors
/// The service refuses a request, which it must not.
pub async fn open(host: Rc<Host>, notes: SharedNotes) -> Result<Api> {
    let context = host.context();
    let told = |what: &str| anyhow!("cannot make {what}");
    let organization = accounts::create_organization(context, "simulator")
        .await
        .map_err(|_| told("an organization"))?;
    let application = NewApplication {
        organization_id: organization.clone(),
        name: "simulator".into(),
        kind: ApplicationKind::Integration,
        test: true,
        market_id: None,
    };
    let credentials = accounts::create_application(context, application)
        .await
        .map_err(|_| told("an application"))?;
    let application = accounts::application_by_client_id(context, &credentials.client_id)
        .await
        .map_err(|_| told("an application"))?
        .context("the application is gone")?;
    let caller = Caller {
        scope: Scope::of_operator(organization, true),
        application_id: application.id,
        kind: ApplicationKind::Integration,
        market_id: None,
        customer_id: None,
        address: None,
        token_hash: None,
    };
    let api = Api {
        host,
        notes,
        caller,
        operations: table(),
        habits: Rc::default(),
        name: "shop".into(),
    };
    furnish(&api).await?;
    Ok(api)
}

async fn furnish(api: &Api) -> Result<()> {
    let world = &api.host.world;
    let currency = world.pick(CURRENCIES);
    let market = api
        .create(
            "markets",
            json!({"name": "Simulated", "currency_code": currency}),
            json!({}),
        )
        .await?;
    let stripe = json!({
        "name": "Stripe", "login": STRIPE_KEY, "publishable_key": STRIPE_PUBLIC_KEY,
        "base_url": PSP_URL, "multicapture": world.chance(0.5)
    });
    let stripe = api.create("stripe_gateways", stripe, json!({})).await?;
    let checkout_com = json!({
        "name": "Checkout.com", "secret_key": CHECKOUT_COM_KEY,
        "public_key": "pk_sbox_simulatoraaaaaaaaaaaaaaaaaa", "processing_channel_id": "pc_simulatoraaaaaaaaaaaaaaaaa",
        "base_url": PSP_URL, "authorize_on_create": world.chance(0.5), "webhook_endpoint_secret": SIGNING_KEY
    });
    let checkout_com = api
        .create("checkout_com_gateways", checkout_com, json!({}))
        .await?;
    subscribe(api, &checkout_com).await?;
    listen(api).await?;
    let mut methods = Vec::new();
    for (source, kind, gateway) in [
        ("stripe_payments", "stripe_gateways", &stripe),
        ("checkout_com_payments", "checkout_com_gateways", &checkout_com),
    ] {
        let method = json!({
            "payment_source_type": source, "price_amount_cents": 0, "currency_code": currency,
            "auto_place": world.chance(0.3), "auto_capture": world.chance(0.3)
        });
        let of = json!({"market": to_one("markets", &market), "payment_gateway": to_one(kind, gateway)});
        methods.push(api.create("payment_methods", method, of).await?);
    }
    for _ in 0..1 + world.below(3) {
        let mut of = json!({"market": to_one("markets", &market)});
        if world.chance(0.4) {
            of["payment_method"] = to_one("payment_methods", &world.pick(&methods));
        }
        let email = world.pick(EMAILS);
        let attributes = json!({"customer_email": email, "guest": world.chance(0.15)});
        let order = api.create("orders", attributes, of).await?;
        api.add_item(&order).await?;
        let shown = api.get("/api/orders/{id}", &order).await.context("an order")?;
        world.note(format!(
            "an order: {}",
            shown["data"]["attributes"]["total_amount_with_taxes_cents"]
        ));
    }
    Ok(())
}

impl Api {
    async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<String> {
        let ask = Ask {
            method: "POST",
            path: format!("/api/{kind}"),
            id: None,
            body: resource(kind, attributes, relationships),
            part: None,
        };
        match self.once(&ask, None).await {
            Heard::Success(document) => Ok(text(&document["data"]["id"]).to_owned()),
            Heard::Refused(status, why) => Err(anyhow!("{status} {why} to {kind}")),
            Heard::Nothing => Err(anyhow!("no answer to {kind}")),
        }
    }

    async fn add_item(&self, order: &str) -> Result<String> {
        let cents = 10 * (1000 + self.host.world.below(90_000));
        let item = json!({"name": "Coffee", "quantity": 1, "unit_amount_cents": cents});
        self.create("line_items", item, json!({"order": to_one("orders", order)}))
            .await
    }
}

/// Subscribes the merchant to some topics.
async fn listen(api: &Api) -> Result<()> {
    for topic in TOPICS {
        if api.host.world.chance(0.15) {
            let webhook = json!({"topic": topic, "callback_url": format!("{}{topic}", merchant::URL)});
            api.create("webhooks", webhook, json!({})).await?;
            api.notes.borrow_mut().topics.push(topic);
        }
    }
    Ok(())
}

/// Checkout.com's endpoint is made like a merchant does it.
async fn subscribe(api: &Api, gateway: &str) -> Result<()> {
    let shown = api.get("/api/checkout_com_gateways/{id}", gateway).await;
    let url = shown.context("the gateway is gone")?["data"]["attributes"]["webhook_endpoint_url"].take();
    let action = json!({
        "type": "webhook", "url": url, "signature": {"method": "HMACSHA256", "key": SIGNING_KEY}
    });
    let workflow = json!({"name": "Simulator", "active": true, "conditions": [], "actions": [action]});
    let request = Request::builder()
        .method("POST")
        .uri("/workflows")
        .header("authorization", format!("Bearer {CHECKOUT_COM_KEY}"))
        .header("content-type", "application/json")
        .body(Bytes::from(workflow.to_string()))?;
    match api.host.world.sandbox.handle(&request) {
        Outcome::Answer(answer) if answer.status().is_success() => Ok(()),
        other => Err(anyhow!("the sandbox takes no workflow: {other:?}")),
    }
}
