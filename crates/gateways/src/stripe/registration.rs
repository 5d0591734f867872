//! The subscription to Stripe's notifications (Stripe docs: webhook endpoints).

use secrecy::SecretString;
use serde::Deserialize;

use super::{
    API_VERSION, failure,
    form::Form,
    request::{delete, get, post},
};
use crate::{
    gateway::GatewaySettings,
    operation::checked_id,
    outcome::{Failure, RefusalKind},
    webhook::{EndpointOutcome, RegistrationOutcome, WebhookEndpoint},
    wire::{Method, PspRequest, PspResponse},
};

const ENDPOINTS: &str = "/v1/webhook_endpoints";

/// The event types of an endpoint: every change of a payment, its captures, and its refunds from anywhere.
pub const WEBHOOK_EVENTS: [&str; 10] = [
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.captured",
    "refund.created",
    "refund.updated",
    "refund.failed",
];

#[derive(Deserialize)]
struct Endpoint {
    id: String,
    secret: SecretString,
}

/// The events have the API version of the requests.
pub(super) fn register(settings: &GatewaySettings, url: &str, key: &str) -> PspRequest {
    let version = settings.api_version.as_deref().unwrap_or(API_VERSION);
    let form = Form::new().with("url", url).with("api_version", version);
    let form = WEBHOOK_EVENTS
        .into_iter()
        .fold(form, |form, event| form.with("enabled_events[]", event));
    post(settings, ENDPOINTS, form, key)
}

/// Only the answer to the creation has the secret.
pub(super) fn read(request: &PspRequest, response: &PspResponse) -> RegistrationOutcome {
    if !(200..=299).contains(&response.status) {
        return failure::read(request, response).into();
    }
    match serde_json::from_slice::<Endpoint>(&response.body) {
        Ok(Endpoint { id, secret }) => RegistrationOutcome::Registered(WebhookEndpoint { id, secret }),
        // The parser's message could repeat the secret.
        Err(_) => {
            RegistrationOutcome::Unknown("Stripe's answer is no webhook endpoint with a secret".to_owned())
        }
    }
}

pub(super) fn unregister(settings: &GatewaySettings, endpoint_id: &str) -> Option<PspRequest> {
    let id = checked_id(endpoint_id).ok()?;
    Some(delete(settings, &format!("{ENDPOINTS}/{id}")))
}

pub(super) fn retrieve(settings: &GatewaySettings, endpoint_id: &str) -> Option<PspRequest> {
    let id = checked_id(endpoint_id).ok()?;
    Some(get(settings, &format!("{ENDPOINTS}/{id}")))
}

/// An endpoint that Stripe doesn't know was removed before, by us or in its dashboard, or belongs to another account.
pub(super) fn read_endpoint(request: &PspRequest, response: &PspResponse) -> EndpointOutcome {
    match response.status {
        200..=299 if request.method == Method::Delete => EndpointOutcome::Gone,
        200..=299 => EndpointOutcome::Present,
        _ => match failure::read(request, response) {
            Failure::Refused(refusal) if refusal.kind == RefusalKind::NotFound => EndpointOutcome::Gone,
            other => other.into(),
        },
    }
}
