//! How a transaction moves from one state to the next.

use tillgate_gateways::Decline;
use tillgate_model::Problem;
use tillgate_store::TransactionRow;

use crate::{
    context::Context,
    payment::machine::{TransactionEvent, of_transactions},
    stored,
};

/// What the transaction of a payment that was given up here failed with.
pub const GIVEN_UP: &str = "given_up";

/// Lets an event happen to a transaction, if its kind's machine allows it. Answers whether the transaction changed.
fn transition(context: &Context, row: &mut TransactionRow, event: TransactionEvent) -> bool {
    let machine = of_transactions(*row.kind);
    let before = row.status;
    let Some(after) = machine.next(before, event) else {
        tracing::error!(
            transaction = row.id,
            kind = %row.kind,
            status = %row.status,
            %event,
            "the PSP tells of something that can't happen to the transaction; a person has to look"
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

/// It has happened at the PSP.
pub fn succeed(context: &Context, row: &mut TransactionRow) {
    if transition(context, row, TransactionEvent::Succeed) {
        row.message = Some("Success!".into());
    }
}

/// It was tried at the PSP, and has failed.
pub fn fail(context: &Context, row: &mut TransactionRow, decline: &Decline) {
    if transition(context, row, TransactionEvent::Fail) {
        row.message = Some(decline.message.clone());
        row.error_code = Some(decline.code.clone());
        row.error_detail = decline.detail.clone();
    }
}

/// What a caller is told of a transaction that has failed. It stays on record.
pub fn failed(row: &TransactionRow, pointer: &str) -> Problem {
    let code = row.error_code.clone().unwrap_or_else(|| "failed".into());
    let message = format!("failed at the payment gateway ({code})");
    Problem::invalid(pointer, "gateway_failed", message)
        .meta("gateway_code", code)
        .meta("transaction_id", row.id.clone())
}
