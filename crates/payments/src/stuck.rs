//! Lists calls with unknown outcomes, events without a payment of ours, and mismatched payments for an operator. They are of all
//! organizations, and have no secrets.

use futures::future::LocalBoxFuture;
use tillgate_model::{Problems, Timestamp};
use tillgate_store::{PaymentSourceRow, StoreError, Tx, query};

use crate::{context::Context, failure::Failure, stored::time};

/// Maximum number of each kind.
pub const LIMIT: i64 = 1000;

/// A call to a PSP whose outcome is unknown.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// Id of the operation, which is part of its idempotency key.
    pub id: String,
    /// Kind of the operation: `capture`, `refund`.
    pub kind: String,
    /// Name of the organization.
    pub organization: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Number of the order.
    pub order_number: String,
    /// Resource type of the payment source.
    pub source_type: String,
    /// Id of the payment source.
    pub source_id: String,
    /// Time when the call was first sent.
    pub since: Timestamp,
    /// Number of checks for its outcome.
    pub attempts: i32,
    /// Time of the next check.
    pub next_look: Option<Timestamp>,
    /// Time since which it is flagged for an operator.
    pub flagged_at: Option<Timestamp>,
}

/// An event that is flagged for an operator.
#[derive(Clone, Debug)]
pub struct FlaggedEvent {
    /// The PSP's id of the event.
    pub id: String,
    /// The PSP's event type.
    pub kind: String,
    /// Name of the organization.
    pub organization: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Resource type of the gateway.
    pub gateway_type: String,
    /// Id of the gateway.
    pub gateway_id: String,
    /// The PSP's id of the payment.
    pub psp_id: Option<String>,
    /// Time of the event's arrival.
    pub since: Timestamp,
    /// Time since which it is flagged for an operator.
    pub flagged_at: Option<Timestamp>,
}

/// A payment that differs from the request.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Id of the payment source.
    pub source_id: String,
    /// Resource type of the payment source.
    pub source_type: String,
    /// Name of the organization.
    pub organization: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Number of the order.
    pub order_number: String,
    /// The PSP's id of the payment.
    pub psp_id: Option<String>,
    /// Time of the source's creation.
    pub since: Timestamp,
    /// The differences: `amount`, `currency`.
    pub differences: String,
}

/// All calls, events and payments that are stuck, up to [`LIMIT`] of each kind.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// Open calls, the flagged ones first.
    pub calls: Vec<OpenCall>,
    /// Flagged events.
    pub events: Vec<FlaggedEvent>,
    /// Payments that differ from their requests.
    pub mismatches: Vec<Mismatch>,
}

impl Stuck {
    /// Number of calls, events and payments that are flagged for an operator.
    pub fn flagged(&self) -> usize {
        let calls = self.calls.iter().filter(|call| call.flagged_at.is_some());
        calls.count() + self.events.len() + self.mismatches.len()
    }
}

/// Lists the calls, events and payments that are stuck.
///
/// # Errors
/// The database fails.
pub fn list(context: &Context) -> LocalBoxFuture<'_, Result<Stuck, Problems>> {
    Box::pin(async move {
        context
            .db
            .read(async |tx: &mut Tx<'_>| {
                let calls = query!(tx, stuck::open_operations(LIMIT))?;
                let events = query!(tx, stuck::flagged_events(LIMIT))?;
                let mismatches = query!(tx, stuck::mismatched_sources(LIMIT))?;
                Ok::<_, StoreError>((calls, events, mismatches))
            })
            .await
            .map(|(calls, events, mismatches)| Stuck {
                mismatches: mismatches.into_iter().map(mismatch).collect(),
                calls: calls.into_iter().map(call).collect(),
                events: events.into_iter().map(event).collect(),
            })
            .map_err(|error| Failure::from(error).into_problems())
    })
}

fn call((row, organization, order_number, source_type): tillgate_store::OpenOperation) -> OpenCall {
    OpenCall {
        id: row.id,
        kind: row.kind.to_string(),
        organization,
        test: row.test,
        order_number,
        source_type: source_type.to_string(),
        source_id: row.payment_source_id,
        since: time(row.sent_at),
        attempts: row.attempts,
        next_look: row.next_attempt_at.map(time),
        flagged_at: row.flagged_at.map(time),
    }
}

fn mismatch((row, organization, order_number): (PaymentSourceRow, String, String)) -> Mismatch {
    Mismatch {
        source_id: row.id,
        source_type: row.kind.to_string(),
        organization,
        test: row.test,
        order_number,
        psp_id: row.psp_id,
        since: time(row.created_at),
        differences: row.mismatch.unwrap_or_default(),
    }
}

fn event((row, organization, gateway): tillgate_store::FlaggedEvent) -> FlaggedEvent {
    FlaggedEvent {
        id: row.event_id,
        kind: row.kind,
        organization,
        test: row.test,
        gateway_type: gateway.kind.to_string(),
        gateway_id: gateway.id,
        psp_id: row.psp_id,
        since: time(row.created_at),
        flagged_at: row.flagged_at.map(time),
    }
}
