//! Receives a notification: verifies its sender over the exact bytes, then stores it once.

use tillgate_gateways::{EventFault, Subject, WebhookEvent};
use tillgate_model::Id;
use tillgate_store::{GatewayEventRow, PaymentGatewayRow, Scope, Tx, query};

use crate::{
    context::Context,
    failure::Failure,
    planted::{self, Bug},
    providers::{connection::ProviderConnection, credentials::webhook_secrets},
    stored::{parse_column, stored_time},
};

/// The context that the bodies of events are sealed under.
const PURPOSE: &str = "gateway_events.body";

/// A notification as it arrived.
pub struct Notification<'a> {
    /// Resource type of the gateway, from the URL.
    pub gateway_type: &'a str,
    /// The end of the URL.
    pub token: &'a str,
    /// Gives the value of a header by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// The answer to a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reception {
    /// No gateway has such an endpoint.
    NotFound,
    /// The signature is not the gateway's PSP's.
    Refused,
    /// The signature is valid, but the body is no readable event.
    Unreadable,
    /// It is stored, now or before.
    Kept,
}

/// Verifies a notification and stores it, in one commit. Its contents are not trusted: see [`super::process`].
pub async fn receive(context: &Context, notification: &Notification<'_>) -> Result<Reception, Failure> {
    let Notification {
        gateway_type, token, ..
    } = *notification;
    let Ok(gateway_type) = gateway_type.parse() else {
        return Ok(Reception::NotFound);
    };
    let gateway = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, gateway_events::gateway_of_token(gateway_type, token)))
        .await?;
    let Some(gateway) = gateway else {
        return Ok(Reception::NotFound);
    };
    let connection = ProviderConnection::of(context, &gateway)?;
    let secrets = webhook_secrets(context, &gateway)?;
    let now = context.now().moment();
    let (header, body) = (notification.header, notification.body);
    if let Err(fault) = connection.gateway.verify_webhook(&secrets, header, body, now)
        && !planted::is(Bug::SignatureIgnored)
    {
        tracing::warn!(gateway = gateway.id, %fault, "a notification was refused");
        return Ok(Reception::Refused);
    }
    let scope = Scope::of_verified_webhook(parse_column(&gateway.organization_id)?, gateway.test);
    let event = match connection.gateway.parse_webhook(body) {
        Ok(event) => event,
        Err(fault) => {
            // The parser's message could repeat the body.
            let fault = match fault {
                EventFault::TooLarge => "too large",
                EventFault::Malformed(_) => "malformed",
            };
            tracing::warn!(gateway = gateway.id, fault, "a signed notification can't be read");
            return Ok(Reception::Unreadable);
        }
    };
    let row = row(context, &scope, &gateway, body, event)?;
    let (gateway, event, kind) = (gateway.id, row.event_id.clone(), row.kind.clone());
    let is_new = context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, gateway_events::insert_once(&row)))
        .await?;
    tracing::info!(gateway, event, kind, is_new, "a notification arrived");
    Ok(Reception::Kept)
}

/// The row of an event. An event about a payment is due at once, one about something else is finished, and one from the PSP's
/// other mode is flagged for an operator.
fn row(
    context: &Context,
    scope: &Scope,
    gateway: &PaymentGatewayRow,
    body: &[u8],
    event: WebhookEvent,
) -> Result<GatewayEventRow, Failure> {
    let now = stored_time(context.now());
    let of_other_mode = event.livemode.is_some_and(|livemode| livemode == scope.test());
    if of_other_mode {
        tracing::error!(
            gateway = gateway.id,
            event = event.id,
            "a notification comes from the PSP's other mode; needs an operator"
        );
    }
    let (psp_id, transaction_id, is_due) = match event.subject {
        Subject::Payment {
            psp_id,
            transaction_id,
            ..
        } => (Some(psp_id), transaction_id, !of_other_mode),
        Subject::Other => (None, None, false),
    };
    let text = String::from_utf8_lossy(body);
    let id: Id = context.new_id();
    Ok(GatewayEventRow {
        organization_id: scope.organization_id().to_string(),
        test: scope.test(),
        id: id.to_string(),
        created_at: now,
        updated_at: now,
        reference: None,
        reference_origin: None,
        metadata: "{}".into(),
        payment_gateway_id: gateway.id.clone(),
        event_id: if planted::is(Bug::NoEventDeduplication) {
            id.to_string()
        } else {
            event.id
        },
        kind: event.kind,
        psp_id,
        transaction_id,
        body: context.cipher.seal(&*context.entropy, PURPOSE, &text),
        attempts: 0,
        next_attempt_at: is_due.then_some(now),
        processed_at: (!is_due && !of_other_mode).then_some(now),
        flagged_at: of_other_mode.then_some(now),
    })
}
