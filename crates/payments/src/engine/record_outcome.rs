//! The third step: the outcome of an attempt is committed.

use tillgate_gateways::{Action, Decline, Refusal};
use tillgate_model::{Id, Problems};
use tillgate_store::{GatewayOperationRow, Goal, OperationKind, SourceState, TransactionRow, Tx, send};

use crate::{
    context::Context,
    engine::{
        apply::apply,
        next_step::{Next, advance_if_possible},
    },
    failure::Failure,
    payment::{
        case::Case,
        order_status::{place_or_give_up, update_order},
        schedule,
        state::SourceStateRules as _,
        transaction,
    },
    planted::{self, Bug},
    providers::operation::{Attempt, Outcome},
    stored,
};

/// What is left of an attempt after its outcome was committed.
pub struct Settled {
    /// The source as it is now, still under the lock.
    pub case: Case,
    /// The attempt has an outcome: it no longer blocks the source.
    pub finished: bool,
    /// Nobody else had committed an outcome before.
    pub was_open: bool,
    /// What is to be asked of the PSP next.
    pub next: Option<Attempt>,
    /// Why what was to be done next can't be done.
    pub stopped: Option<Problems>,
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
            next: None,
            stopped: None,
        });
    };
    let known = if is_sent_by_another(attempt, &operation, outcome) {
        Known::Nothing
    } else {
        commit(tx, context, &mut case, attempt, &mut operation, outcome).await?
    };
    let finished = known != Known::Nothing;
    operation.updated_at = now;
    if finished {
        operation.finished_at = Some(now);
        operation.next_attempt_at = None;
        if case.source.pending_operation_id.as_deref() == Some(operation.id.as_str()) {
            case.source.pending_operation_id = None;
        }
    }
    send!(tx, gateway_operations::save(operation))?;
    let next = match known {
        Known::Happened => {
            let undoes = attempt.resending && planted::is(Bug::RefundOnUnknown);
            let goal = if undoes { Some(Goal::Refund) } else { attempt.goal };
            advance_if_possible(tx, context, &mut case, goal).await?
        }
        Known::DidNotHappen | Known::Nothing => Next::default(),
    };
    place_or_give_up(context, &mut case)?;
    case.save(tx, context).await?;
    Ok(Settled {
        case,
        finished,
        was_open: true,
        next: next.attempt,
        stopped: next.stopped,
    })
}

/// Whether somebody else has taken the call meanwhile and may be sending it at this moment: that this attempt did nothing
/// says nothing of theirs, which will be committed too.
fn is_sent_by_another(attempt: &Attempt, operation: &GatewayOperationRow, outcome: &Outcome) -> bool {
    let did_nothing = matches!(
        outcome,
        Outcome::NotSent(_) | Outcome::Refused(_) | Outcome::NotAllowed(..)
    );
    did_nothing && operation.attempts != attempt.operation.attempts
}

/// What is known of a call after an outcome was committed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Happened,
    DidNotHappen,
    Nothing,
}

async fn commit(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    attempt: &Attempt,
    operation: &mut GatewayOperationRow,
    outcome: &Outcome,
) -> Result<Known, Failure> {
    let is_creation = attempt.kind == OperationKind::Create;
    match outcome {
        Outcome::Done(snapshot) => {
            if attempt.kind.is_action()
                && let Some(row) = waiting(case, operation)
            {
                let id = snapshot.cancellation_id().or(snapshot.action_id.as_deref());
                happen(tx, context, case, row, id).await?;
            }
            apply(tx, context, case, snapshot, is_creation).await?;
            Ok(Known::Happened)
        }
        Outcome::Acted(action) => {
            act(tx, context, case, attempt, operation, action).await?;
            Ok(Known::Happened)
        }
        Outcome::Accepted(action) => {
            if let Some(mut row) = waiting(case, operation) {
                row.gateway_transaction_id.clone_from(&action.id);
                case.put(tx, row).await?;
            }
            schedule::next_look(operation, stored::stored_time(context.now()));
            Ok(Known::Nothing)
        }
        Outcome::Failed(decline) => {
            come_to_nothing(tx, context, case, operation, decline).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::Overtaken(decline, snapshot) => {
            come_to_nothing(tx, context, case, operation, decline).await?;
            apply(tx, context, case, snapshot, is_creation).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::Refused(refusal) => {
            come_to_nothing(tx, context, case, operation, &decline_of(refusal)).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::NotAllowed(refusal, snapshot) => {
            come_to_nothing(tx, context, case, operation, &decline_of(refusal)).await?;
            apply(tx, context, case, snapshot, is_creation).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::NotSent(_) => {
            if let Some(id) = &operation.transaction_id {
                case.remove(tx, id).await?;
            }
            update_order(tx, context, case).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::Unknown(reason) if planted::is(Bug::UnknownIsFailed) => {
            let decline = Decline {
                code: "failed".into(),
                message: reason.clone(),
                detail: None,
            };
            come_to_nothing(tx, context, case, operation, &decline).await?;
            Ok(Known::DidNotHappen)
        }
        Outcome::Unknown(reason) => {
            tracing::warn!(
                operation = operation.id,
                kind = %operation.kind,
                reason,
                "the outcome at the PSP is not known"
            );
            schedule::next_look(operation, stored::stored_time(context.now()));
            Ok(Known::Nothing)
        }
    }
}

fn decline_of(refusal: &Refusal) -> Decline {
    Decline {
        code: refusal.code.clone().unwrap_or_else(|| "refused".into()),
        message: "The payment gateway refused the request.".into(),
        detail: Some(refusal.message.clone()),
    }
}

/// The transaction that waits for a call.
fn waiting(case: &Case, operation: &GatewayOperationRow) -> Option<TransactionRow> {
    let id = operation.transaction_id.as_ref()?;
    case.ledger.get(id).cloned()
}

async fn happen(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    mut row: TransactionRow,
    psp_id: Option<&str>,
) -> Result<(), Failure> {
    if let Some(id) = psp_id {
        row.gateway_transaction_id = Some(id.to_owned());
    }
    transaction::succeed(context, &mut row);
    case.put(tx, row).await
}

/// A capture, void or refund has happened.
async fn act(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    attempt: &Attempt,
    operation: &GatewayOperationRow,
    action: &Action,
) -> Result<(), Failure> {
    if let Some(mut row) = waiting(case, operation) {
        if let Some(amount) = &action.amount
            && amount.amount_cents != row.amount_cents
        {
            // A void releases what is left when it happens, which somebody else's capture may have made less.
            tracing::error!(
                transaction = row.id,
                asked = row.amount_cents,
                done = amount.amount_cents,
                "the PSP has moved another amount than was asked for"
            );
            row.amount_cents = amount.amount_cents;
        }
        happen(tx, context, case, row, action.id.as_deref()).await?;
    }
    if let Some(snapshot) = &action.payment {
        return apply(tx, context, case, snapshot, false).await;
    }
    let next = match attempt.kind {
        OperationKind::Capture | OperationKind::Refund => SourceState::Captured,
        _ => SourceState::Canceled,
    };
    if case.source.state.can_become(next) {
        let before = case.source.state;
        case.source.state = next;
        schedule::next_check(context, case, before, next);
    }
    update_order(tx, context, case).await
}

/// The PSP did nothing: what waited for it has failed.
async fn come_to_nothing(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    operation: &GatewayOperationRow,
    decline: &Decline,
) -> Result<(), Failure> {
    if let Some(mut row) = waiting(case, operation) {
        transaction::fail(context, &mut row, decline);
        case.put(tx, row).await?;
    }
    if case.source.state == SourceState::Processing {
        case.source.state = SourceState::Failed;
    }
    if case.source.psp_id.is_some() && !case.source.state.is_final() {
        // Why it was refused is perhaps that the payment has changed: it is looked at at once.
        case.source.check_at = Some(stored::stored_time(context.now()));
    }
    update_order(tx, context, case).await
}
