//! Checkout.com's notifications (Checkout.com docs: webhooks).

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    recovery::ActionKind,
    signature::{digest_of, is_signed},
    webhook::{EventFault, SignatureFault, Subject, WebhookEvent, checked_size, checked_word},
};

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created_on: Option<DateTime<Utc>>,
    timestamp: Option<DateTime<Utc>>,
    #[serde(default)]
    data: Value,
}

/// The signature is over the body alone. It has no time, so only the event's id identifies a repeated notification.
pub(super) fn verify(
    secrets: &[SecretString],
    signature: Option<String>,
    body: &[u8],
) -> Result<(), SignatureFault> {
    let signature = signature.ok_or(SignatureFault::Missing)?;
    let digest = digest_of(signature.trim()).ok_or(SignatureFault::Malformed)?;
    if is_signed(secrets, &[body], &[digest]) {
        Ok(())
    } else {
        Err(SignatureFault::Wrong)
    }
}

/// The name of the time depends on the event.
pub(super) fn parse(body: &[u8]) -> Result<WebhookEvent, EventFault> {
    let event: Event = serde_json::from_slice(checked_size(body)?)
        .map_err(|error| EventFault::Malformed(error.to_string()))?;
    let created_at = event
        .created_on
        .or(event.timestamp)
        .ok_or_else(|| EventFault::Malformed("it has no time".to_owned()))?;
    Ok(WebhookEvent {
        id: checked_word(&event.id)?,
        subject: subject(&event.kind, &event.data),
        kind: checked_word(&event.kind)?,
        created_at,
        livemode: None,
    })
}

/// A dispute names its payment. All other events about payments have the payment's id.
fn subject(kind: &str, data: &Value) -> Subject {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
    let psp_id = text("/payment_id").or_else(|| text("/id").filter(|id| id.starts_with("pay_")));
    let ours = text("/metadata/transaction_id").or_else(|| text("/reference"));
    Subject::payment(psp_id, ours, text("/action_id"), action(kind))
}

fn action(kind: &str) -> Option<ActionKind> {
    match kind {
        "payment_captured" | "payment_capture_pending" | "payment_capture_declined" => {
            Some(ActionKind::Capture)
        }
        "payment_voided" | "payment_void_declined" => Some(ActionKind::Cancel),
        "payment_refunded" | "payment_refund_pending" | "payment_refund_declined" => Some(ActionKind::Refund),
        _ => None,
    }
}
