//! Sends the due deliveries, and records the results.

use std::time::Duration;

use bytes::Bytes;
use tillgate_model::Id;
use tillgate_store::{Called, EventCallbackRow, EventDeliveryRow, StoreError, Tx, WebhookRow, query, send};

use crate::{
    context::Context,
    failure::Failure,
    merchant_events::{
        retry::{self, retry_after},
        signature,
    },
    planted::{self, Bug},
    ports::{Message, NoReply, Reply},
    resources::{event_callback::PAYLOAD, webhook},
    stored::stored_time,
};

/// Time limit for a webhook's answer (Commerce Layer docs: real-time webhooks).
const TIMEOUT: Duration = Duration::from_secs(5);
/// Time after which a claimed delivery is due again: the process that claimed it has ended.
const LEASE: chrono::Duration = chrono::Duration::seconds(15);
/// Consecutive failures that open a circuit (Commerce Layer docs: circuit breaker).
const OPENS_AT: i64 = 30;
/// The status of a webhook that no longer exists.
const GONE: u16 = 410;

/// A claimed delivery.
///
/// Its random values are drawn at the claim, so that they don't depend on when the webhook answers.
pub struct Delivery {
    row: EventDeliveryRow,
    webhook: WebhookRow,
    callback_id: Id,
    jitter: u8,
}

/// A delivery that was sent, with its result.
pub struct Sent {
    called: Called,
    end: End,
    webhook: WebhookRow,
}

impl Delivery {
    /// The webhook's identifier.
    pub fn webhook_id(&self) -> &str {
        &self.webhook.id
    }
}

/// Claims the due deliveries, of each webhook as many as `free` allows. No other instance takes them for a while.
pub async fn take_due(context: &Context, free: impl Fn(&str) -> usize) -> Result<Vec<Delivery>, Failure> {
    let now = stored_time(context.now());
    let webhooks = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, deliveries::webhooks_with_due(now)))
        .await?;
    let webhooks: Vec<(WebhookRow, i64)> = webhooks
        .into_iter()
        .map(|webhook| {
            let free = i64::try_from(free(&webhook.id)).unwrap_or(i64::MAX);
            (webhook, free)
        })
        .filter(|(_, free)| *free > 0)
        .collect();
    if webhooks.is_empty() {
        return Ok(Vec::new());
    }
    let until = now + lease();
    let taken: Vec<(EventDeliveryRow, WebhookRow)> = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut taken = Vec::new();
            for (webhook, free) in webhooks {
                let rows = query!(tx, deliveries::take_due(&webhook, now, until, free))?;
                taken.extend(rows.into_iter().map(|row| (row, webhook.clone())));
            }
            Ok::<_, Failure>(taken)
        })
        .await?;
    let with_chance = |(row, webhook)| Delivery {
        row,
        webhook,
        callback_id: context.new_id(),
        jitter: retry::jitter(&*context.entropy),
    };
    Ok(taken.into_iter().map(with_chance).collect())
}

fn lease() -> chrono::Duration {
    if planted::is(Bug::TakenIsTold) {
        return chrono::Duration::days(10_000);
    }
    LEASE
}

/// Calls a webhook with a [claimed](take_due) delivery. The caller [records](record) the result.
pub async fn send(context: &Context, delivery: Delivery) -> Result<Sent, Failure> {
    let answer = context.sender.send(&message(context, &delivery)?).await;
    let (called, end) = read(context, &delivery, answer);
    Ok(Sent {
        called,
        end,
        webhook: delivery.webhook,
    })
}

/// Records the result of a call.
pub async fn record(context: &Context, sent: Sent) -> Result<(), Failure> {
    let Sent { called, end, webhook } = sent;
    let written = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let counts = query!(tx, deliveries::record(&called))?;
            match end {
                _ if !counts => {}
                End::Taken => send!(tx, deliveries::forget_failures(webhook))?,
                End::Failed => query!(tx, deliveries::count_failure(&webhook, OPENS_AT))?,
                End::Gone => query!(tx, deliveries::disable(&webhook, called.callback.created_at))?,
            }
            Ok::<_, StoreError>(())
        })
        .await;
    match written {
        // The event was deleted meanwhile.
        Err(StoreError::Referenced(_)) => Ok(()),
        written => Ok(written?),
    }
}

fn message(context: &Context, delivery: &Delivery) -> Result<Message, Failure> {
    let body = context.cipher.open(PAYLOAD, &delivery.row.payload)?;
    let secret = webhook::open_secret(context, &delivery.webhook)?;
    let id = format!("msg_{}", message_id(delivery));
    let time = context.now().moment().timestamp().to_string();
    Ok(Message {
        url: delivery.webhook.callback_url.clone(),
        headers: vec![
            ("content-type", "application/vnd.api+json".into()),
            ("x-commercelayer-topic", delivery.webhook.topic.clone()),
            (
                "x-commercelayer-signature",
                signature::of_body(secret.expose(), &body),
            ),
            (
                "webhook-signature",
                signature::standard(secret.expose(), &id, &time, &body),
            ),
            ("webhook-id", id),
            ("webhook-timestamp", time),
        ],
        body: Bytes::from(body),
        timeout: TIMEOUT,
    })
}

/// The `webhook-id`: one for all attempts of a delivery.
fn message_id(delivery: &Delivery) -> &str {
    if planted::is(Bug::NewMessageOnRetry) {
        return delivery.callback_id.as_str();
    }
    &delivery.row.id
}

/// The end of a call, for the webhook.
#[derive(Clone, Copy)]
enum End {
    Taken,
    Failed,
    Gone,
}

fn read(context: &Context, delivery: &Delivery, answer: Result<Reply, NoReply>) -> (Called, End) {
    let now = stored_time(context.now());
    let status = answer.as_ref().ok().map(|reply| reply.status);
    let end = match status {
        Some(200..=299) => End::Taken,
        Some(GONE) => End::Gone,
        _ => End::Failed,
    };
    let calls = usize::try_from(delivery.row.attempts)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let asked_for = answer
        .as_ref()
        .ok()
        .and_then(|reply| retry_after(reply.retry_after.as_deref()?, now));
    let message = match answer {
        Ok(reply) => reason(reply.status).map(str::to_owned),
        Err(NoReply(why)) => Some(why),
    };
    let called = Called {
        callback: EventCallbackRow {
            organization_id: delivery.row.organization_id.clone(),
            test: delivery.row.test,
            id: delivery.callback_id.to_string(),
            created_at: now,
            updated_at: now,
            reference: None,
            reference_origin: None,
            metadata: "{}".into(),
            event_id: delivery.row.event_id.clone(),
            webhook_id: delivery.row.webhook_id.clone(),
            delivery_id: delivery.row.id.clone(),
            callback_url: delivery.webhook.callback_url.clone(),
            response_code: status.map(|status| status.to_string()),
            response_message: message,
        },
        attempts: delivery.row.attempts,
        next_attempt_at: match end {
            End::Failed => retry::next(calls, now, asked_for, delivery.jitter),
            End::Taken | End::Gone => None,
        },
        delivered_at: matches!(end, End::Taken).then_some(now),
    };
    (called, end)
}

fn reason(status: u16) -> Option<&'static str> {
    http::StatusCode::from_u16(status).ok()?.canonical_reason()
}
