//! Matches the PSP's list of captures and refunds with ours, one by one and by their ids. This finds actions from the PSP's
//! dashboard and refunds that failed days later, and counts none twice.

use tillgate_gateways::{ActionKind, ActionSeen, ActionStatus, PaymentSnapshot};
use tillgate_model::resources::TransactionKind;
use tillgate_store::{TransactionRow, TransactionStatus, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        locked::LockedPayment,
        transaction::{fail, succeed},
    },
    planted::{self, Bug},
};

/// Applies the PSP's list of actions, if it was requested. A cancellation shows in the payment itself.
pub async fn reconcile(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    snapshot: &PaymentSnapshot,
    authorization: &TransactionRow,
) -> Result<(), Failure> {
    let actions = snapshot.actions.as_deref().unwrap_or_default();
    // The PSP's list begins with the newest.
    for seen in actions.iter().rev() {
        let kind = match seen.kind {
            ActionKind::Capture => TransactionKind::Captures,
            ActionKind::Refund => TransactionKind::Refunds,
            ActionKind::Cancel => continue,
        };
        let known = known(payment, kind, seen).filter(|_| !planted::is(Bug::RefundRecordedTwice));
        match known {
            Some(row) if !is_another(&row, seen) => judge(tx, context, payment, row, seen).await?,
            _ if seen.status != ActionStatus::Done || planted::is(Bug::DashboardActionIgnored) => {}
            _ if kind == TransactionKind::Captures => {
                add_capture(tx, context, payment, seen, snapshot, authorization).await?
            }
            _ => add_refund(tx, context, payment, seen).await?,
        }
    }
    Ok(())
}

/// The transaction with the PSP's id, or else the one that requested the action.
fn known(payment: &LockedPayment, kind: TransactionKind, seen: &ActionSeen) -> Option<TransactionRow> {
    let rows = || {
        let of_kind = payment.ledger.rows().iter().filter(|row| row.kind == kind);
        of_kind.filter(|row| row.payment_source_id == payment.source.id)
    };
    rows()
        .find(|row| row.gateway_transaction_id.as_ref() == Some(&seen.id))
        .or_else(|| rows().find(|row| seen.transaction_id.as_ref() == Some(&row.id)))
        .cloned()
}

/// Whether our transaction has failed, and the PSP has done the same action nevertheless: that is recorded as another
/// transaction.
fn is_another(row: &TransactionRow, seen: &ActionSeen) -> bool {
    row.status == TransactionStatus::Failed
        && seen.status == ActionStatus::Done
        && row.gateway_transaction_id.as_ref() != Some(&seen.id)
}

async fn judge(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    mut row: TransactionRow,
    seen: &ActionSeen,
) -> Result<(), Failure> {
    let before = row.clone();
    row.gateway_transaction_id = Some(seen.id.clone());
    match &seen.status {
        // Of two actions with one transaction id, the successful one counts.
        ActionStatus::Done if row.status == TransactionStatus::Pending => succeed(context, &mut row),
        ActionStatus::Failed(_) if planted::is(Bug::LateFailureIgnored) => return Ok(()),
        ActionStatus::Failed(decline)
            if row.kind == TransactionKind::Refunds
                && before.gateway_transaction_id.as_ref() == Some(&seen.id) =>
        {
            fail(context, &mut row, decline);
        }
        _ => return Ok(()),
    }
    if row == before {
        return Ok(());
    }
    payment.put(tx, row).await
}

/// Adds a capture from the PSP's dashboard. A capture that is already counted under another name, because only the sum was known
/// then, is not added.
async fn add_capture(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    seen: &ActionSeen,
    snapshot: &PaymentSnapshot,
    authorization: &TransactionRow,
) -> Result<(), Failure> {
    let Some(amount) = &seen.amount else {
        return Ok(());
    };
    let after = payment.ledger.captured_of(authorization) + amount.amount_cents;
    let captured = snapshot.amount_captured.as_ref();
    if captured.is_some_and(|captured| after > captured.amount_cents) {
        return Ok(());
    }
    add(
        tx,
        context,
        payment,
        TransactionKind::Captures,
        &authorization.id,
        seen,
    )
    .await?;
    lower_void(tx, payment, authorization).await
}

/// Lowers a void that was recorded before this capture was known: it released only the rest.
async fn lower_void(
    tx: &mut Tx<'_>,
    payment: &mut LockedPayment,
    authorization: &TransactionRow,
) -> Result<(), Failure> {
    let left = authorization.amount_cents - payment.ledger.captured_of(authorization);
    let void = payment.ledger.of_kind(TransactionKind::Voids).find(|row| {
        row.status == TransactionStatus::Succeeded
            && row.parent_id.as_ref() == Some(&authorization.id)
            && row.amount_cents > left
    });
    let Some(mut void) = void.cloned() else {
        return Ok(());
    };
    void.amount_cents = left.max(0);
    payment.put(tx, void).await
}

/// Adds a refund from the PSP's dashboard.
async fn add_refund(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    seen: &ActionSeen,
) -> Result<(), Failure> {
    let Some(amount) = &seen.amount else {
        return Ok(());
    };
    let Some(capture) = refunded_capture(payment, amount.amount_cents) else {
        tracing::error!(
            source = payment.source.id,
            refund = seen.id,
            "the PSP shows a refund without a capture; needs an operator"
        );
        return Ok(());
    };
    add(tx, context, payment, TransactionKind::Refunds, &capture.id, seen).await
}

async fn add(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    kind: TransactionKind,
    parent: &str,
    seen: &ActionSeen,
) -> Result<(), Failure> {
    let mut row = payment.new_transaction(context, kind);
    row.parent_id = Some(parent.to_owned());
    if let Some(amount) = &seen.amount {
        row.amount_cents = amount.amount_cents;
    }
    row.token.clone_from(&payment.source.psp_id);
    row.gateway_transaction_id = Some(seen.id.clone());
    succeed(context, &mut row);
    payment.put(tx, row).await
}

/// The capture that best fits a refund of this amount: the first with enough left, else the one with most left.
fn refunded_capture(payment: &LockedPayment, amount_cents: i64) -> Option<TransactionRow> {
    let captures: Vec<&TransactionRow> = payment
        .ledger
        .of_kind(TransactionKind::Captures)
        .filter(|row| row.payment_source_id == payment.source.id)
        .collect();
    let left = |row: &&&TransactionRow| payment.ledger.refundable(row);
    captures
        .iter()
        .find(|row| left(row) >= amount_cents)
        .or_else(|| captures.iter().max_by_key(left))
        .map(|row| (*row).clone())
}
