//! What a PSP lists of a payment's refunds, against ours: each one by its own id, so that neither one that was made in the
//! PSP's dashboard nor one that came back days later is missed, and none counts twice.

use tillgate_gateways::{ActionKind, ActionSeen, ActionStatus};
use tillgate_store::{TransactionRow, Tx};

use super::{
    apply::update_order,
    case::Case,
    ledger::{CAPTURE, PENDING, REFUND},
    transaction::{fail, succeed},
};
use crate::{
    context::Context,
    failure::Failure,
    planted::{self, Bug},
};

/// Takes over what the PSP lists.
pub async fn reconcile(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    actions: &[ActionSeen],
) -> Result<(), Failure> {
    let refunds = actions.iter().filter(|seen| seen.kind == ActionKind::Refund);
    // The PSP's list begins with the newest.
    for seen in refunds.rev() {
        match known(case, seen).filter(|_| !planted::is(Bug::RefundRecordedTwice)) {
            Some(row) => judge(tx, context, case, row, seen).await?,
            None => add(tx, context, case, seen).await?,
        }
    }
    update_order(tx, context, case).await
}

fn known(case: &Case, seen: &ActionSeen) -> Option<TransactionRow> {
    let same = |row: &&TransactionRow| {
        seen.transaction_id.as_ref() == Some(&row.id) || row.gateway_transaction_id.as_ref() == Some(&seen.id)
    };
    case.ledger.of_kind(REFUND).find(same).cloned()
}

async fn judge(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    mut row: TransactionRow,
    seen: &ActionSeen,
) -> Result<(), Failure> {
    let before = row.clone();
    row.gateway_transaction_id = Some(seen.id.clone());
    match &seen.status {
        // Of two with one transaction, the one that succeeded counts.
        ActionStatus::Done if row.status == PENDING => succeed(context, &mut row)?,
        ActionStatus::Failed(_) if planted::is(Bug::LateFailureIgnored) => return Ok(()),
        ActionStatus::Failed(decline) if before.gateway_transaction_id.as_ref() == Some(&seen.id) => {
            fail(context, &mut row, decline)?;
        }
        _ => return Ok(()),
    }
    if row == before {
        return Ok(());
    }
    case.put(tx, row).await
}

/// A refund that nobody asked us for: made in the PSP's dashboard.
async fn add(tx: &mut Tx<'_>, context: &Context, case: &mut Case, seen: &ActionSeen) -> Result<(), Failure> {
    let (ActionStatus::Done, Some(amount)) = (&seen.status, &seen.amount) else {
        return Ok(());
    };
    let Some(capture) = refunded_capture(case, amount.amount_cents) else {
        tracing::error!(
            source = case.source.id,
            refund = seen.id,
            "the PSP has refunded what was never captured; a person has to look"
        );
        return Ok(());
    };
    let mut row = case.new_transaction(context, REFUND);
    row.parent_id = Some(capture.id);
    row.amount_cents = amount.amount_cents;
    row.token.clone_from(&case.source.psp_id);
    row.gateway_transaction_id = Some(seen.id.clone());
    succeed(context, &mut row)?;
    case.put(tx, row).await
}

/// The capture that a refund of an amount fits best: the first with so much left, else the one with most left.
fn refunded_capture(case: &Case, amount_cents: i64) -> Option<TransactionRow> {
    let captures: Vec<&TransactionRow> = case
        .ledger
        .of_kind(CAPTURE)
        .filter(|row| row.payment_source_id == case.source.id)
        .collect();
    let left = |row: &&&TransactionRow| case.ledger.refundable(row);
    captures
        .iter()
        .find(|row| left(row) >= amount_cents)
        .or_else(|| captures.iter().max_by_key(left))
        .map(|row| (*row).clone())
}
