//! Creates the demo.

use serde_json::{Value, json};
use tillgate_model::Id;
use tillgate_payments::{
    ApplicationKind, Context, Service,
    accounts::{self, Application, NewApplication},
};

use super::{
    in_process::InProcess,
    state::{Customer, State},
};
use crate::failure::Failure;

/// Name of the demo's organization.
pub const ORGANIZATION: &str = "demo";

// Keys in the PSPs' formats. The sandbox accepts any.
pub const STRIPE_SECRET_KEY: &str = "sk_test_51TillgateDemo000000000000";
const STRIPE_PUBLISHABLE_KEY: &str = "pk_test_51TillgateDemo000000000000";
pub const CHECKOUT_COM_SECRET_KEY: &str = "sk_sbox_tillgatedemoaaaaaaaaaaaaaaa";
const CHECKOUT_COM_PUBLIC_KEY: &str = "pk_sbox_tillgatedemoaaaaaaaaaaaaaaa";
const CHECKOUT_COM_CHANNEL: &str = "pc_tillgatedemoaaaaaaaaaaaaaa";

/// Creates the organization and everything in it but the orders.
///
/// # Errors
/// The domain refuses, or the database fails.
pub async fn provision(service: &Service, sandbox_url: &str) -> Result<State, Failure> {
    let context = service.context();
    let organization_id = accounts::create_organization(context, ORGANIZATION).await?;
    let (integration, secret) =
        application(context, &organization_id, ApplicationKind::Integration, None).await?;
    let client_secret =
        secret.ok_or_else(|| Failure::Start("the demo's integration has no secret".into()))?;
    let api = InProcess::new(service, &organization_id, &integration.id);
    let market_id = api
        .create(
            "markets",
            json!({"name": "Europe", "code": "eu", "currency_code": "EUR"}),
            json!({}),
        )
        .await?;
    let (sales_channel, _) = application(
        context,
        &organization_id,
        ApplicationKind::SalesChannel,
        Some(market_id.clone()),
    )
    .await?;
    let stripe_gateway_id = api
        .create("stripe_gateways", stripe_gateway(sandbox_url), json!({}))
        .await?;
    let checkout_com_gateway_id = api
        .create(
            "checkout_com_gateways",
            checkout_com_gateway(sandbox_url),
            json!({}),
        )
        .await?;
    let state = State {
        stripe_method_id: payment_method(&api, &market_id, "stripe_payments", &stripe_gateway_id).await?,
        checkout_com_method_id: payment_method(
            &api,
            &market_id,
            "checkout_com_payments",
            &checkout_com_gateway_id,
        )
        .await?,
        customer: Some(customer(context, &api).await?),
        organization_id,
        application_id: integration.id,
        client_id: integration.client_id,
        client_secret,
        sales_channel_client_id: sales_channel.client_id,
        market_id,
        stripe_gateway_id,
        checkout_com_gateway_id,
    };
    state.keep(context).await?;
    Ok(state)
}

async fn application(
    context: &Context,
    organization_id: &Id,
    kind: ApplicationKind,
    market_id: Option<Id>,
) -> Result<(Application, Option<String>), Failure> {
    use secrecy::ExposeSecret;
    let new = NewApplication {
        organization_id: organization_id.clone(),
        name: kind.to_string(),
        kind,
        test: true,
        market_id,
    };
    let credentials = accounts::create_application(context, new).await?;
    let application = accounts::application_by_client_id(context, &credentials.client_id).await?;
    let application = application.ok_or_else(|| Failure::Start("the demo's application is gone".into()))?;
    Ok((
        application,
        credentials
            .client_secret
            .map(|secret| secret.expose_secret().to_owned()),
    ))
}

async fn customer(context: &Context, api: &InProcess<'_>) -> Result<Customer, Failure> {
    let (email, password) = (super::EMAIL.to_owned(), accounts::random_text(context));
    let attributes = json!({"email": email, "password": password});
    Ok(Customer {
        id: api.create("customers", attributes, json!({})).await?,
        email,
        password,
    })
}

fn stripe_gateway(sandbox_url: &str) -> Value {
    json!({
        "name": "Stripe (sandbox)",
        "login": STRIPE_SECRET_KEY,
        "publishable_key": STRIPE_PUBLISHABLE_KEY,
        "base_url": sandbox_url
    })
}

fn checkout_com_gateway(sandbox_url: &str) -> Value {
    json!({
        "name": "Checkout.com (sandbox)",
        "secret_key": CHECKOUT_COM_SECRET_KEY,
        "public_key": CHECKOUT_COM_PUBLIC_KEY,
        "processing_channel_id": CHECKOUT_COM_CHANNEL,
        "base_url": sandbox_url,
        "authorize_on_create": true
    })
}

async fn payment_method(
    api: &InProcess<'_>,
    market: &Id,
    source_type: &str,
    gateway: &Id,
) -> Result<Id, Failure> {
    let relationships = json!({
        "market": {"data": {"type": "markets", "id": market}},
        "payment_gateway": {"data": {"type": "payment_gateways", "id": gateway}}
    });
    api.create(
        "payment_methods",
        json!({"payment_source_type": source_type, "price_amount_cents": 0}),
        relationships,
    )
    .await
}

/// Gives the gateways the sandbox's address, which may differ at each start.
///
/// # Errors
/// The domain refuses, or the database fails.
pub async fn point_gateways_at(api: &InProcess<'_>, state: &State, sandbox_url: &str) -> Result<(), Failure> {
    let gateways = [
        (
            "stripe_gateways",
            &state.stripe_gateway_id,
            json!({"base_url": sandbox_url, "login": STRIPE_SECRET_KEY}),
        ),
        (
            "checkout_com_gateways",
            &state.checkout_com_gateway_id,
            json!({"base_url": sandbox_url, "secret_key": CHECKOUT_COM_SECRET_KEY}),
        ),
    ];
    for (kind, id, place) in gateways {
        if api.attributes(kind, id).await?["base_url"] != sandbox_url {
            api.update(kind, id, place).await?;
        }
    }
    Ok(())
}
