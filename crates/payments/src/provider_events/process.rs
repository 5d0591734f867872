//! Handles a stored event: finds its payment, and reads that from its PSP. Amounts and states in the event are not read, so a
//! late, repeated or misordered event does no harm.

use chrono::Duration;
use tillgate_model::Id;
use tillgate_store::{GatewayEventRow, PaymentSourceRow, Scope, StoreError, StoredTime, Tx, query};

use crate::{
    context::Context,
    engine::sync,
    failure::Failure,
    payment::schedule::repeating_pause,
    providers::operation::lease,
    stored::{parse_column, stored_time},
};

/// Seconds between two attempts to find the payment of an event; the last one repeats.
const PAUSES: [i64; 6] = [2, 10, 60, 300, 1800, 3600];
/// Time after which an event without a payment of ours is flagged for an operator.
const GIVE_UP_AFTER: Duration = Duration::hours(24);
/// Minimum number of attempts to read a payment, even if its event grew old while this service or the PSP was down.
const LOOKS: i32 = 48;

/// Claims up to `limit` due events.
pub async fn take_due(context: &Context, limit: i64) -> Result<Vec<GatewayEventRow>, Failure> {
    let now = stored_time(context.now());
    let any = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, gateway_events::any_due(now)))
        .await?;
    if !any {
        return Ok(Vec::new());
    }
    let until = stored_time(lease(context, context.now()));
    Ok(context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, gateway_events::take_due(now, until, limit)))
        .await?)
}

/// The subject of an event.
enum About {
    /// A payment source of the gateway that received the event.
    Source(Id),
    /// A payment source of another gateway with the same account at the PSP, which receives the event too.
    AnotherGateway,
    /// Nothing of ours.
    Nothing,
}

/// Handles a [claimed](take_due) event.
pub async fn process(context: &Context, event: &GatewayEventRow) -> Result<(), Failure> {
    let scope = Scope::of_job(parse_column(&event.organization_id)?, event.test);
    let progress = apply(context, &scope, event).await.unwrap_or_else(|failure| {
        tracing::error!(event = event.event_id, ?failure, "an event could not be handled");
        Progress::NotYet
    });
    let now = stored_time(context.now());
    let outcome = match progress {
        Progress::Done => [Some(now), None, None],
        Progress::NotYet if event.attempts < LOOKS => [None, Some(now + pause(event)), None],
        Progress::NotYet | Progress::NothingFits => look_again(event, now),
    };
    let id = event.id.clone();
    Ok(context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, gateway_events::finish(&scope, &id, now, outcome)))
        .await?)
}

/// The progress of an event.
enum Progress {
    /// The event is finished.
    Done,
    /// Its payment could not be read.
    NotYet,
    /// No payment of ours is known for it so far.
    NothingFits,
}

async fn apply(context: &Context, scope: &Scope, event: &GatewayEventRow) -> Result<Progress, Failure> {
    match find(context, scope, event).await? {
        About::Source(source_id) => {
            let is_done = sync::sync_after_event(context, scope, &source_id).await?;
            Ok(if is_done { Progress::Done } else { Progress::NotYet })
        }
        About::AnotherGateway => {
            tracing::info!(
                event = event.event_id,
                "an event of another gateway's payment has no effect"
            );
            Ok(Progress::Done)
        }
        About::Nothing => Ok(Progress::NothingFits),
    }
}

fn look_again(event: &GatewayEventRow, now: StoredTime) -> [Option<StoredTime>; 3] {
    let end = event.created_at + GIVE_UP_AFTER;
    if now >= end {
        tracing::error!(
            event = event.event_id,
            kind = event.kind,
            "no payment was found or read for an event; needs an operator"
        );
        return [None, None, Some(now)];
    }
    [None, Some(end.min(now + pause(event))), None]
}

fn pause(event: &GatewayEventRow) -> Duration {
    repeating_pause(&PAUSES, event.attempts)
}

/// Finds the subject of an event. Our transaction comes first: it existed before the call to the PSP, and so before the PSP's id
/// of the payment.
async fn find(context: &Context, scope: &Scope, event: &GatewayEventRow) -> Result<About, Failure> {
    let ours: Option<Id> = event.transaction_id.as_deref().and_then(|id| id.parse().ok());
    let found = context
        .db
        .read(async |tx: &mut Tx<'_>| {
            if let Some(id) = &ours
                && let Some(source) = source_of_transaction(tx, scope, id).await?
            {
                return Ok::<_, StoreError>(vec![source]);
            }
            match &event.psp_id {
                Some(psp_id) => query!(tx, gateway_events::sources_of_psp_id(scope, psp_id)),
                None => Ok(Vec::new()),
            }
        })
        .await?;
    let told = |source: &&PaymentSourceRow| source.payment_gateway_id == event.payment_gateway_id;
    Ok(match found.iter().find(told) {
        Some(source) => About::Source(parse_column(&source.id)?),
        None if found.is_empty() => About::Nothing,
        None => About::AnotherGateway,
    })
}

/// The source of a transaction, or of a call whose id was sent to the PSP as its reference.
async fn source_of_transaction(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: &Id,
) -> Result<Option<PaymentSourceRow>, StoreError> {
    let source_id = match query!(tx, transactions::get(scope, id))? {
        Some(transaction) => Some(transaction.payment_source_id),
        None => query!(tx, gateway_operations::get(scope, id))?.map(|operation| operation.payment_source_id),
    };
    match source_id {
        Some(source_id) => query!(tx, payment_sources::get(scope, &parse_column(&source_id)?)),
        None => Ok(None),
    }
}
