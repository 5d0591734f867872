//! How a transaction moves from one state to the next.

use tillgate_gateways::Decline;
use tillgate_model::Problem;
use tillgate_store::TransactionRow;

use super::machine::{TransactionEvent, of_transactions};
use crate::{context::Context, failure::Failure, stored};

/// Lets an event happen to a transaction, if its kind's machine allows it. Answers whether the transaction changed.
fn turn(context: &Context, row: &mut TransactionRow, event: TransactionEvent) -> Result<bool, Failure> {
    let machine = of_transactions(&row.kind)
        .ok_or_else(|| Failure::Internal(format!("no transaction is called {}", row.kind)))?;
    let before = stored::word(&row.status)?;
    let Some(after) = machine.next(before, event) else {
        tracing::error!(
            transaction = row.id,
            kind = row.kind,
            status = row.status,
            %event,
            "the PSP tells of something that can't happen to the transaction; a person has to look"
        );
        return Ok(false);
    };
    if after == before {
        return Ok(false);
    }
    row.status = after.to_string();
    row.updated_at = stored::stored_time(context.now());
    Ok(true)
}

/// It has happened at the PSP.
pub fn succeed(context: &Context, row: &mut TransactionRow) -> Result<(), Failure> {
    if turn(context, row, TransactionEvent::Succeed)? {
        row.message = Some("Success!".into());
    }
    Ok(())
}

/// It was tried at the PSP, and has failed.
pub fn fail(context: &Context, row: &mut TransactionRow, decline: &Decline) -> Result<(), Failure> {
    if turn(context, row, TransactionEvent::Fail)? {
        row.message = Some(decline.message.clone());
        row.error_code = Some(decline.code.clone());
        row.error_detail = decline.detail.clone();
    }
    Ok(())
}

/// What a caller is told of a transaction that has failed. It stays on record.
pub fn failed(row: &TransactionRow, pointer: &str) -> Problem {
    let code = row.error_code.clone().unwrap_or_else(|| "failed".into());
    let message = format!("failed at the payment gateway ({code})");
    Problem::invalid(pointer, "gateway_failed", message)
        .meta("gateway_code", code)
        .meta("transaction_id", row.id.clone())
}
