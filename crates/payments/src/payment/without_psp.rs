//! What a gateway without a PSP records.

use tillgate_model::resources::TransactionKind;
use tillgate_store::{SourceState, TransactionRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{case::Case, order_status::update_order, transaction},
};

/// Records a transaction. It has happened.
pub async fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    mut row: TransactionRow,
) -> Result<(), Failure> {
    let state = match *row.kind {
        TransactionKind::Authorizations => SourceState::Authorized,
        TransactionKind::Voids if case.ledger.captured_of_source(&case.source.id) == 0 => {
            SourceState::Canceled
        }
        TransactionKind::Voids | TransactionKind::Captures | TransactionKind::Refunds => {
            SourceState::Captured
        }
    };
    transaction::succeed(context, &mut row);
    case.put(tx, row).await?;
    case.source.state = state;
    update_order(tx, context, case).await
}
