//! Registers the endpoint for a gateway's events with its PSP, if the PSP offers that.

use tillgate_gateways::{EndpointOutcome, PspRequest, RegistrationOutcome, TransportError, WebhookEndpoint};
use tillgate_store::PaymentGatewayRow;
use url::{Host, Url};

use crate::{
    context::Context,
    failure::Failure,
    providers::{
        connection::ProviderConnection,
        credentials::endpoint_url,
        operation::send,
        refusal::{refused, unavailable},
    },
};

/// Whether a host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an endpoint can be registered for a gateway that has none: it also has no secret of an endpoint that was made by hand,
/// and its PSP can reach this service.
pub fn is_missing(context: &Context, row: &PaymentGatewayRow) -> bool {
    row.webhook_endpoint_id.is_none() && row.webhook_secrets.is_none() && is_reachable(context, row)
}

fn is_reachable(context: &Context, row: &PaymentGatewayRow) -> bool {
    let url = |text: &str| Url::parse(text).ok();
    url(&context.base_url).is_some_and(|url| url.scheme() == "https")
        || url(&row.base_url).is_some_and(|url| is_loopback(&url))
}

/// Whether the PSP no longer has a gateway's registered endpoint: it was deleted there, or the gateway's key now belongs to
/// another account. A key without the permission to read endpoints proves nothing.
pub async fn is_gone(context: &Context, row: &PaymentGatewayRow) -> Result<bool, Failure> {
    let Some(endpoint_id) = row
        .webhook_endpoint_id
        .as_deref()
        .filter(|_| is_reachable(context, row))
    else {
        return Ok(false);
    };
    let connection = ProviderConnection::of(context, row)?;
    let Some(question) = connection.gateway.retrieve_webhook(endpoint_id) else {
        return Ok(false);
    };
    match ask(context, &connection, &question).await {
        EndpointOutcome::Gone => Ok(true),
        EndpointOutcome::Present => Ok(false),
        EndpointOutcome::Refused(refusal) => {
            let message = refusal.message;
            tracing::warn!(gateway = row.id, message, "this key can't read webhook endpoints");
            Ok(false)
        }
        EndpointOutcome::Unknown(reason) => {
            tracing::warn!(gateway = row.id, reason, "a webhook endpoint could not be read");
            Err(unavailable().into())
        }
    }
}

async fn ask(context: &Context, connection: &ProviderConnection, request: &PspRequest) -> EndpointOutcome {
    match send(context, connection, request, false).await {
        Ok(response) => connection.gateway.read_webhook(request, &response),
        Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
            EndpointOutcome::Unknown(reason)
        }
    }
}

/// Registers a gateway's endpoint. `None` if its PSP has no request for that. Repeating this gives the same endpoint, unless the
/// gateway's endpoint is gone: then another one is made.
pub async fn register(
    context: &Context,
    row: &PaymentGatewayRow,
) -> Result<Option<WebhookEndpoint>, Failure> {
    let connection = ProviderConnection::of(context, row)?;
    let key = match &row.webhook_endpoint_id {
        None => format!("tillgate-{}-webhook", row.id),
        Some(gone) => format!("tillgate-{}-webhook-after-{gone}", row.id),
    };
    let Some(request) = connection
        .gateway
        .register_webhook(&endpoint_url(context, row), &key)
    else {
        return Ok(None);
    };
    let outcome = match send(context, &connection, &request, false).await {
        Ok(response) => connection.gateway.read_webhook_registration(&request, &response),
        Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
            RegistrationOutcome::Unknown(reason)
        }
    };
    match outcome {
        RegistrationOutcome::Registered(endpoint) => Ok(Some(endpoint)),
        RegistrationOutcome::Refused(refusal) => Err(refused(&refusal, &[]).into()),
        RegistrationOutcome::Unknown(reason) => {
            tracing::warn!(
                gateway = row.id,
                reason,
                "a webhook endpoint could not be registered"
            );
            Err(unavailable().into())
        }
    }
}

/// Removes a gateway's endpoint at its PSP, as far as possible. Events to an endpoint that stays get no answer.
pub async fn unregister(context: &Context, row: &PaymentGatewayRow) {
    if let Err(reason) = try_unregister(context, row).await {
        tracing::warn!(
            gateway = row.id,
            reason,
            "a webhook endpoint could not be removed at the PSP"
        );
    }
}

async fn try_unregister(context: &Context, row: &PaymentGatewayRow) -> Result<(), String> {
    let Some(endpoint_id) = &row.webhook_endpoint_id else {
        return Ok(());
    };
    let connection = ProviderConnection::of(context, row).map_err(|failure| format!("{failure:?}"))?;
    let Some(request) = connection.gateway.unregister_webhook(endpoint_id) else {
        return Ok(());
    };
    match ask(context, &connection, &request).await {
        EndpointOutcome::Gone => Ok(()),
        EndpointOutcome::Present => Err("the PSP still has it".into()),
        EndpointOutcome::Refused(refusal) => Err(refusal.message),
        EndpointOutcome::Unknown(reason) => Err(reason),
    }
}
