//! `/v1/webhook_endpoints`

use chrono::{DateTime, Utc};
use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::Call;
use super::error::ApiError;
use super::expand::Expansion;
use super::list::Page;
use super::model::Metadata;
use super::params::Params;
use super::store::{Place, Store, find};
use super::transport::is_version;
use crate::web;
use crate::webhooks::{Signing, Target};

/// Stripe docs: up to 16 endpoints per account.
const MAX_ENDPOINTS: usize = 16;
const SECRET_LENGTH: usize = 32;

/// The vendor's types of events around payments. The sandbox emits those of PaymentIntents, charges and refunds.
const TYPES: &[&str] = &[
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "customer.created",
    "customer.deleted",
    "customer.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.partially_funded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WebhookEndpoint {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) api_version: Option<String>,
    description: Option<String>,
    disabled: bool,
    enabled_events: Vec<String>,
    metadata: Metadata,
    secret: String,
    url: String,
}

impl WebhookEndpoint {
    pub(super) fn wants(&self, kind: &str) -> bool {
        !self.disabled
            && self
                .enabled_events
                .iter()
                .any(|event| event == "*" || event == kind)
    }

    /// Its target, unless it is disabled.
    pub(super) fn target(&self) -> Option<Target> {
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        );
        (!self.disabled).then(|| Target {
            url: self.url.clone(),
            headers,
            signing: Signing::Stripe(self.secret.clone()),
        })
    }

    /// Without the secret, which only the answer to its creation shows.
    fn render(&self) -> Value {
        json!({
            "id": self.id, "object": "webhook_endpoint", "api_version": self.api_version, "application": null,
            "created": self.created.timestamp(), "description": self.description,
            "enabled_events": self.enabled_events, "livemode": self.livemode, "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" }, "url": self.url,
        })
    }
}

/// `POST /v1/webhook_endpoints`
pub(super) fn create(store: &mut Store, call: &mut Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "webhook_endpoint", "")?;
    let url = params.required("url")?;
    check_url(&url, call.caller.livemode)?;
    let enabled_events = read_events(&mut params)?.ok_or_else(|| ApiError::missing("enabled_events"))?;
    let api_version = params.text("api_version")?;
    if api_version.as_deref().is_some_and(|version| !is_version(version)) {
        return Err(ApiError::invalid("Invalid Stripe API version.").with_param("api_version"));
    }
    if params.boolean("connect")? == Some(true) {
        return Err(ApiError::invalid("The sandbox has no connected accounts.").with_param("connect"));
    }
    let description = params.clearable("description")?.flatten();
    let metadata = params.metadata()?;
    params.finish()?;
    let present = store
        .webhook_endpoints
        .iter()
        .filter(|(_, endpoint)| endpoint.livemode == call.caller.livemode);
    if present.count() >= MAX_ENDPOINTS {
        return Err(ApiError::conflict(format!(
            "You have reached the maximum of {MAX_ENDPOINTS} webhook endpoints."
        )));
    }
    let endpoint = WebhookEndpoint {
        id: call.id("we_"),
        livemode: call.caller.livemode,
        created: call.now,
        api_version,
        description,
        disabled: false,
        enabled_events,
        metadata: metadata.into_metadata(),
        secret: format!("whsec_{}", call.secret(SECRET_LENGTH)),
        url,
    };
    let mut answer = endpoint.render();
    answer["secret"] = endpoint.secret.as_str().into();
    store
        .webhook_endpoints
        .put(call.env, &endpoint.id.clone(), endpoint);
    Ok(answer)
}

/// `GET /v1/webhook_endpoints/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "webhook_endpoint", "")?;
    params.finish()?;
    Ok(found(store, call, id)?.render())
}

/// `POST /v1/webhook_endpoints/{id}`
pub(super) fn update(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "webhook_endpoint", "")?;
    let url = params.text("url")?;
    if let Some(url) = &url {
        check_url(url, call.caller.livemode)?;
    }
    let enabled_events = read_events(&mut params)?;
    let disabled = params.boolean("disabled")?;
    let description = params.clearable("description")?;
    let metadata = params.metadata()?;
    params.finish()?;
    let mut endpoint = found(store, call, id)?;
    endpoint.url = url.unwrap_or(endpoint.url);
    endpoint.enabled_events = enabled_events.unwrap_or(endpoint.enabled_events);
    endpoint.disabled = disabled.unwrap_or(endpoint.disabled);
    endpoint.description = description.unwrap_or(endpoint.description);
    metadata.apply(&mut endpoint.metadata)?;
    let answer = endpoint.render();
    store.webhook_endpoints.put(call.env, id, endpoint);
    Ok(answer)
}

/// `DELETE /v1/webhook_endpoints/{id}`: its waiting messages are not sent any more.
pub(super) fn delete(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "webhook_endpoint", "")?;
    params.finish()?;
    found(store, call, id)?;
    store.webhook_endpoints.remove(call.env, id);
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

/// `GET /v1/webhook_endpoints`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "list", "webhook_endpoint")?;
    let page = Page::read(&mut params)?;
    params.finish()?;
    let url = "/v1/webhook_endpoints";
    page.answer(
        call,
        &store.webhook_endpoints,
        url,
        |_| true,
        WebhookEndpoint::render,
    )
}

fn found(store: &Store, call: &Call<'_>, id: &str) -> Result<WebhookEndpoint, ApiError> {
    find(
        &store.webhook_endpoints,
        call,
        id,
        Place::Path("webhook_endpoint"),
    )
}

fn read_events(params: &mut Params) -> Result<Option<Vec<String>>, ApiError> {
    let Some(events) = params.list("enabled_events")? else {
        return Ok(None);
    };
    if events.is_empty() {
        return Err(ApiError::invalid("You must enable at least one event.").with_param("enabled_events"));
    }
    if events != ["*"] {
        check_types(&events, "enabled_events")?;
    }
    Ok(Some(events))
}

/// Refuses names that aren't types of events around payments.
pub(super) fn check_types(names: &[String], param: &str) -> Result<(), ApiError> {
    match names.iter().find(|name| !TYPES.contains(&name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(ApiError::invalid(format!(
            "Invalid {param}: {unknown} is not an event type that the sandbox knows."
        ))
        .with_param(param)),
    }
}

/// Live endpoints must use TLS (Stripe docs: set up your webhook endpoint).
fn check_url(url: &str, livemode: bool) -> Result<(), ApiError> {
    let reachable = web::origin(url).is_some() && (!livemode || url.starts_with("https://"));
    if reachable {
        return Ok(());
    }
    let schemes = if livemode { "https" } else { "http or https" };
    Err(ApiError::invalid(format!(
        "Invalid URL: an explicit scheme ({schemes}) and a host are required."
    ))
    .with_code("url_invalid")
    .with_param("url"))
}
