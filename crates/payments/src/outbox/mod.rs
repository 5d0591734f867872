//! Stores changes together with the rows that they change.

mod change;

pub use change::{Change, of_order, of_transaction};

use tillgate_store::{NewOutboxRow, Scope, Tx, send};

use crate::{
    context::Context,
    failure::Failure,
    stored::{stored_json, stored_time},
};

/// Writes changes as part of the transaction that makes them. It writes nothing for an organization without webhooks, and waits
/// for no round trip.
pub async fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    scope: &Scope,
    changes: &[Change],
) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    let row = NewOutboxRow {
        organization_id: scope.organization_id().to_string(),
        test: scope.test(),
        created_at: stored_time(context.now()),
        changes: stored_json(&changes),
    };
    Ok(send!(tx, outbox::insert(row))?)
}
