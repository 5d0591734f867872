//! The moves of a transaction from one state to the next.

use tillgate_gateways::Decline;
use tillgate_model::Problem;
use tillgate_store::TransactionRow;

use crate::{
    context::Context,
    payment::machine::{TransactionEvent, of_transactions},
    stored,
};

/// Error code of a transaction whose payment was given up here.
pub const GIVEN_UP: &str = "given_up";

/// Applies an event to a transaction, if its kind's machine allows it. Answers whether the transaction changed.
fn transition(context: &Context, row: &mut TransactionRow, event: TransactionEvent) -> bool {
    let machine = of_transactions(*row.kind);
    let before = row.status;
    let Some(after) = machine.next(before, event) else {
        tracing::error!(
            transaction = row.id,
            kind = %row.kind,
            status = %row.status,
            %event,
            "the PSP reports an impossible event of the transaction; needs an operator"
        );
        return false;
    };
    if after == before {
        return false;
    }
    row.status = after;
    row.updated_at = stored::stored_time(context.now());
    true
}

/// Records that the PSP has carried the transaction out.
pub fn succeed(context: &Context, row: &mut TransactionRow) {
    if transition(context, row, TransactionEvent::Succeed) {
        row.message = Some("Success!".into());
    }
}

/// Records that the transaction failed at the PSP.
pub fn fail(context: &Context, row: &mut TransactionRow, decline: &Decline) {
    if transition(context, row, TransactionEvent::Fail) {
        row.message = Some(decline.message.clone());
        row.error_code = Some(decline.code.clone());
        row.error_detail = decline.detail.clone();
    }
}

/// The problem for a failed transaction. The transaction stays on record.
pub fn failed(row: &TransactionRow, pointer: &str) -> Problem {
    let code = row.error_code.clone().unwrap_or_else(|| "failed".into());
    let message = format!("failed at the payment gateway ({code})");
    Problem::invalid(pointer, "gateway_failed", message)
        .meta("gateway_code", code)
        .meta("transaction_id", row.id.clone())
}
