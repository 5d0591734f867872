//! The endpoint that a gateway's PSP sends its events to, registered there where the PSP offers that.

use tillgate_gateways::{RegistrationOutcome, TransportError, UnregistrationOutcome, WebhookEndpoint};
use tillgate_store::PaymentGatewayRow;
use url::{Host, Url};

use crate::{
    context::Context,
    failure::Failure,
    providers::{
        connection::Link,
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

/// Whether a gateway waits for an endpoint that can be registered for it: it has neither one nor the secret of one that was
/// made by hand, and its PSP can reach this service.
pub fn is_missing(context: &Context, row: &PaymentGatewayRow) -> bool {
    let url = |text: &str| Url::parse(text).ok();
    let reachable = url(&context.base_url).is_some_and(|url| url.scheme() == "https")
        || url(&row.base_url).is_some_and(|url| is_loopback(&url));
    row.webhook_endpoint_id.is_none() && row.webhook_secrets.is_none() && reachable
}

/// Registers a gateway's endpoint. `None` if its PSP has no request for that. A repetition gives the same endpoint.
pub async fn register(
    context: &Context,
    row: &PaymentGatewayRow,
) -> Result<Option<WebhookEndpoint>, Failure> {
    let link = Link::of(context, row)?;
    let key = format!("tillgate-{}-webhook", row.id);
    let Some(request) = link.gateway.register_webhook(&endpoint_url(context, row), &key) else {
        return Ok(None);
    };
    let outcome = match send(context, &link, &request, false).await {
        Ok(response) => link.gateway.read_webhook_registration(&request, &response),
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

/// Ends the registration of a gateway's endpoint, as far as that can be done: what stays is told to an endpoint that answers
/// nobody.
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
    let link = Link::of(context, row).map_err(|failure| format!("{failure:?}"))?;
    let Some(request) = link.gateway.unregister_webhook(endpoint_id) else {
        return Ok(());
    };
    let response = send(context, &link, &request, false)
        .await
        .map_err(|error| error.to_string())?;
    match link.gateway.read_webhook_unregistration(&request, &response) {
        UnregistrationOutcome::Gone => Ok(()),
        UnregistrationOutcome::Refused(refusal) => Err(refusal.message),
        UnregistrationOutcome::Unknown(reason) => Err(reason),
    }
}
