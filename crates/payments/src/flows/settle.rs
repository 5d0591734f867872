//! The third step: the outcome of an attempt is committed.

use chrono::NaiveDateTime;
use tillgate_model::Id;
use tillgate_store::{GatewayOperationRow, Tx, send};

use super::{
    apply::{apply, update_order},
    case::Case,
    ledger::FAILED,
    operation::{Attempt, OperationKind, Outcome},
    state::SourceState,
};
use crate::{context::Context, failure::Failure, stored};

/// What is left of an attempt after its outcome was committed.
pub struct Settled {
    /// The source as it is now, still under the lock.
    pub case: Case,
    /// The attempt has an outcome: it no longer blocks the source.
    pub finished: bool,
    /// Nobody else had committed an outcome before.
    pub was_open: bool,
}

/// Commits an outcome. If somebody else was faster, nothing changes.
pub async fn settle(
    tx: &mut Tx<'_>,
    context: &Context,
    attempt: &Attempt,
    outcome: &Outcome,
) -> Result<Settled, Failure> {
    let source_id: Id = stored::word(&attempt.operation.payment_source_id)?;
    let operation_id: Id = stored::word(&attempt.operation.id)?;
    let (mut case, operation) =
        Case::lock_with_operation(tx, &attempt.scope, &source_id, &operation_id).await?;
    let now = stored::stored_time(context.now());
    let Some(mut operation) = operation.filter(|operation| operation.finished_at.is_none()) else {
        return Ok(Settled {
            case,
            finished: true,
            was_open: false,
        });
    };
    let finished = match outcome {
        Outcome::Done(snapshot) => {
            apply(
                tx,
                context,
                &mut case,
                snapshot,
                attempt.kind == OperationKind::Create,
            )
            .await?;
            true
        }
        Outcome::Refused(refusal) => {
            refuse(
                tx,
                context,
                &mut case,
                &operation,
                refusal.code.as_deref(),
                &refusal.message,
            )
            .await?;
            true
        }
        Outcome::NotSent(_) => {
            if let Some(id) = &operation.transaction_id {
                case.remove(tx, id).await?;
            }
            true
        }
        Outcome::Unknown(reason) => {
            tracing::warn!(
                operation = operation.id,
                kind = operation.kind,
                reason,
                "the outcome at the PSP is not known"
            );
            schedule(&mut operation, now);
            false
        }
    };
    operation.updated_at = now;
    if finished {
        operation.finished_at = Some(now);
        operation.next_attempt_at = None;
        if case.source.pending_operation_id.as_deref() == Some(operation.id.as_str()) {
            case.source.pending_operation_id = None;
        }
    }
    send!(tx, gateway_operations::save(operation))?;
    case.save(tx, context).await?;
    Ok(Settled {
        case,
        finished,
        was_open: true,
    })
}

/// When the outcome is looked for next: at once, by a GET of the source or the background task, then at longer and longer
/// intervals, and at last by a person.
fn schedule(operation: &mut GatewayOperationRow, now: NaiveDateTime) {
    const DAY: i64 = 24 * 60 * 60;
    const SECONDS: [i64; 10] = [0, 5, 30, 300, 3600, DAY, DAY, DAY, DAY, DAY];
    let pause = usize::try_from(operation.attempts)
        .ok()
        .and_then(|attempts| SECONDS.get(attempts));
    operation.next_attempt_at = pause.map(|seconds| now + chrono::Duration::seconds(*seconds));
    if pause.is_none() {
        tracing::error!(
            operation = operation.id,
            "the outcome at the PSP stays unknown; a person has to look"
        );
        operation.flagged_at = Some(now);
    }
}

/// The PSP did nothing: what waited for it has failed.
async fn refuse(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    operation: &GatewayOperationRow,
    code: Option<&str>,
    message: &str,
) -> Result<(), Failure> {
    let waiting = operation
        .transaction_id
        .as_ref()
        .and_then(|id| case.ledger.rows().iter().find(|row| row.id == *id))
        .cloned();
    if let Some(mut row) = waiting {
        row.status = FAILED.into();
        row.message = Some("The payment gateway refused the request.".into());
        row.error_code = Some(code.unwrap_or("refused").to_owned());
        row.error_detail = Some(message.to_owned());
        row.updated_at = stored::stored_time(context.now());
        case.put(tx, row).await?;
        if case.state()? == SourceState::Processing {
            case.source.state = SourceState::Failed.to_string();
        }
        update_order(tx, context, case).await?;
    }
    Ok(())
}
