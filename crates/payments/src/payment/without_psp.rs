//! Transactions of a gateway without a PSP.

use tillgate_model::resources::TransactionKind;
use tillgate_store::{SourceState, TransactionRow, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{locked::LockedPayment, order_status::update_order, transaction},
};

/// Records a transaction as successful at once.
pub async fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    mut row: TransactionRow,
) -> Result<(), Failure> {
    let state = match *row.kind {
        TransactionKind::Authorizations => SourceState::Authorized,
        TransactionKind::Voids if payment.ledger.captured_of_source(&payment.source.id) == 0 => {
            SourceState::Canceled
        }
        TransactionKind::Voids | TransactionKind::Captures | TransactionKind::Refunds => {
            SourceState::Captured
        }
    };
    transaction::succeed(context, &mut row);
    payment.put(tx, row).await?;
    payment.source.state = state;
    update_order(tx, context, payment).await
}
