//! Stripe's notifications (Stripe docs: webhook signatures, the Event object).

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{object::id_of, snapshot::transaction_id};
use crate::{
    recovery::ActionKind,
    signature::{Digest, digest_of, is_signed},
    webhook::{EventFault, SignatureFault, Subject, WebhookEvent, checked_size, checked_word},
};

/// Maximum difference between the time of a signature and now, in seconds, as in Stripe's own libraries.
const TOLERANCE: u64 = 300;
/// Longer than a header with a signature for each of an endpoint's secrets.
const MAX_HEADER_BYTES: usize = 4096;

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: Option<bool>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// The header is `t=…,v1=…`, with a `v1` for each secret that is valid at the time, and perhaps other schemes, which prove
/// nothing. The signed text is the time, a full stop and the body.
pub(super) fn verify(
    secrets: &[SecretString],
    signature: Option<String>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), SignatureFault> {
    let signature = signature.ok_or(SignatureFault::Missing)?;
    if signature.len() > MAX_HEADER_BYTES {
        return Err(SignatureFault::Malformed);
    }
    let parts = || {
        signature
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
    };
    let (_, time) = parts()
        .find(|(scheme, _)| *scheme == "t")
        .ok_or(SignatureFault::Malformed)?;
    let signed_at: i64 = time.parse().map_err(|_| SignatureFault::Malformed)?;
    let digests: Vec<Digest> = parts()
        .filter(|(scheme, _)| *scheme == "v1")
        .filter_map(|(_, digest)| digest_of(digest))
        .collect();
    if digests.is_empty() {
        return Err(SignatureFault::Malformed);
    }
    if !is_signed(secrets, &[time.as_bytes(), b".", body], &digests) {
        return Err(SignatureFault::Wrong);
    }
    if now.timestamp().abs_diff(signed_at) > TOLERANCE {
        return Err(SignatureFault::TooOld);
    }
    Ok(())
}

pub(super) fn parse(body: &[u8]) -> Result<WebhookEvent, EventFault> {
    let event: Event = serde_json::from_slice(checked_size(body)?)
        .map_err(|error| EventFault::Malformed(error.to_string()))?;
    let created_at = DateTime::from_timestamp(event.created, 0)
        .ok_or_else(|| EventFault::Malformed(format!("{} is no time", event.created)))?;
    Ok(WebhookEvent {
        id: checked_word(&event.id)?,
        subject: subject(&event.kind, &event.data.object),
        kind: checked_word(&event.kind)?,
        created_at,
        livemode: event.livemode,
    })
}

/// Charges, refunds and disputes name their payment. `charge.refunded` is not treated as a refund here: a released hold causes it
/// as well.
fn subject(kind: &str, object: &Value) -> Subject {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let id = text("id");
    let payment = object.get("payment_intent").and_then(id_of);
    let (psp_id, action_id, action) = match text("object") {
        Some("payment_intent") => {
            let canceled = kind == "payment_intent.canceled";
            (id, None, canceled.then_some(ActionKind::Cancel))
        }
        Some("refund") => (payment.as_deref(), id, Some(ActionKind::Refund)),
        Some("charge") if kind == "charge.captured" => (payment.as_deref(), id, Some(ActionKind::Capture)),
        _ => (payment.as_deref(), None, None),
    };
    let ours = transaction_id(object.get("metadata"));
    Subject::payment(psp_id, ours.as_deref(), action_id, action)
}
