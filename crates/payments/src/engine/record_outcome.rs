//! The third step: commits the outcome of an attempt.

use tillgate_gateways::{Action, Decline, Refusal};
use tillgate_model::{Id, Problems};
use tillgate_store::{GatewayOperationRow, Goal, OperationKind, SourceState, TransactionRow, Tx, send};

use crate::{
    context::Context,
    engine::{
        apply::apply,
        next_step::{Next, try_next_step},
    },
    failure::Failure,
    payment::{
        locked::LockedPayment,
        order_status::{place_or_give_up, update_order},
        schedule,
        state::SourceStateRules as _,
        transaction,
    },
    planted::{self, Bug},
    providers::operation::{Outcome, PreparedCall},
    stored,
};

/// The result of committing an outcome.
pub struct Recorded {
    /// The source after the change, still under the lock.
    pub payment: LockedPayment,
    /// Whether the attempt has an outcome, and no longer blocks the source.
    pub finished: bool,
    /// Whether no other process had committed an outcome before.
    pub was_open: bool,
    /// The next call to the PSP.
    pub next: Option<PreparedCall>,
    /// Why the next step is impossible.
    pub stopped: Option<Problems>,
}

/// Commits an outcome. Changes nothing if another process was faster.
pub async fn record_outcome(
    tx: &mut Tx<'_>,
    context: &Context,
    call: &PreparedCall,
    outcome: &Outcome,
) -> Result<Recorded, Failure> {
    let source_id: Id = stored::parse_column(&call.operation.payment_source_id)?;
    let operation_id: Id = stored::parse_column(&call.operation.id)?;
    let (mut payment, operation) =
        LockedPayment::lock_with_operation(tx, &call.scope, &source_id, &operation_id).await?;
    let now = stored::stored_time(context.now());
    let Some(mut operation) = operation.filter(|operation| operation.finished_at.is_none()) else {
        return Ok(Recorded {
            payment,
            finished: true,
            was_open: false,
            next: None,
            stopped: None,
        });
    };
    let finding = if is_sent_by_another(call, &operation, outcome) {
        Finding::Nothing
    } else {
        commit(tx, context, &mut payment, call, &mut operation, outcome).await?
    };
    let finished = finding != Finding::Nothing;
    operation.updated_at = now;
    if finished {
        operation.finished_at = Some(now);
        operation.next_attempt_at = None;
        if payment.source.pending_operation_id.as_deref() == Some(operation.id.as_str()) {
            payment.source.pending_operation_id = None;
        }
    }
    send!(tx, gateway_operations::save(operation))?;
    let next = match finding {
        Finding::Happened => {
            let undoes = call.resending && planted::is(Bug::RefundOnUnknown);
            let goal = if undoes { Some(Goal::Refund) } else { call.goal };
            try_next_step(tx, context, &mut payment, goal).await?
        }
        Finding::DidNotHappen | Finding::Nothing => Next::default(),
    };
    place_or_give_up(context, &mut payment)?;
    payment.save(tx, context).await?;
    Ok(Recorded {
        payment,
        finished,
        was_open: true,
        next: next.call,
        stopped: next.stopped,
    })
}

/// Whether another process has claimed the call meanwhile and may be sending it now. That this attempt did nothing proves nothing
/// about the other one, whose outcome will be committed too.
fn is_sent_by_another(call: &PreparedCall, operation: &GatewayOperationRow, outcome: &Outcome) -> bool {
    let did_nothing = matches!(
        outcome,
        Outcome::NotSent(_) | Outcome::Refused(_) | Outcome::NotAllowed(..)
    );
    did_nothing && operation.attempts != call.operation.attempts
}

/// The effect of a call, as its outcome proves it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    Happened,
    DidNotHappen,
    Nothing,
}

async fn commit(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    call: &PreparedCall,
    operation: &mut GatewayOperationRow,
    outcome: &Outcome,
) -> Result<Finding, Failure> {
    let is_creation = call.kind == OperationKind::Create;
    match outcome {
        Outcome::Done(snapshot) => {
            if call.kind.is_action()
                && let Some(row) = pending_transaction(payment, operation)
            {
                let id = snapshot.cancellation_id().or(snapshot.action_id.as_deref());
                mark_succeeded(tx, context, payment, row, id).await?;
            }
            apply(tx, context, payment, snapshot, is_creation).await?;
            Ok(Finding::Happened)
        }
        Outcome::Acted(action) => {
            record_action(tx, context, payment, call, operation, action).await?;
            Ok(Finding::Happened)
        }
        Outcome::Accepted(action) => {
            if let Some(mut row) = pending_transaction(payment, operation) {
                row.gateway_transaction_id.clone_from(&action.id);
                payment.put(tx, row).await?;
            }
            schedule::next_look(operation, stored::stored_time(context.now()));
            Ok(Finding::Nothing)
        }
        Outcome::Failed(decline) => {
            fail_pending(tx, context, payment, operation, decline).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::Overtaken(decline, snapshot) => {
            fail_pending(tx, context, payment, operation, decline).await?;
            apply(tx, context, payment, snapshot, is_creation).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::Refused(refusal) => {
            fail_pending(tx, context, payment, operation, &decline_of(refusal)).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::NotAllowed(refusal, snapshot) => {
            fail_pending(tx, context, payment, operation, &decline_of(refusal)).await?;
            apply(tx, context, payment, snapshot, is_creation).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::NotSent(_) => {
            if let Some(id) = &operation.transaction_id {
                payment.remove(tx, id).await?;
            }
            update_order(tx, context, payment).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::Unknown(reason) if planted::is(Bug::UnknownIsFailed) => {
            let decline = Decline {
                code: "failed".into(),
                message: reason.clone(),
                detail: None,
            };
            fail_pending(tx, context, payment, operation, &decline).await?;
            Ok(Finding::DidNotHappen)
        }
        Outcome::Unknown(reason) => {
            tracing::warn!(
                operation = operation.id,
                kind = %operation.kind,
                reason,
                "the outcome at the PSP is unknown"
            );
            schedule::next_look(operation, stored::stored_time(context.now()));
            Ok(Finding::Nothing)
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

/// The pending transaction of a call.
fn pending_transaction(payment: &LockedPayment, operation: &GatewayOperationRow) -> Option<TransactionRow> {
    let id = operation.transaction_id.as_ref()?;
    payment.ledger.get(id).cloned()
}

async fn mark_succeeded(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    mut row: TransactionRow,
    psp_id: Option<&str>,
) -> Result<(), Failure> {
    if let Some(id) = psp_id {
        row.gateway_transaction_id = Some(id.to_owned());
    }
    transaction::succeed(context, &mut row);
    payment.put(tx, row).await
}

/// Records a successful capture, void or refund.
async fn record_action(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    call: &PreparedCall,
    operation: &GatewayOperationRow,
    action: &Action,
) -> Result<(), Failure> {
    if let Some(mut row) = pending_transaction(payment, operation) {
        if let Some(amount) = &action.amount
            && amount.amount_cents != row.amount_cents
        {
            // A void releases the amount that is left when it happens. A capture in the PSP's dashboard may have lowered it.
            tracing::error!(
                transaction = row.id,
                asked = row.amount_cents,
                done = amount.amount_cents,
                "the PSP has moved another amount than was requested"
            );
            row.amount_cents = amount.amount_cents;
        }
        mark_succeeded(tx, context, payment, row, action.id.as_deref()).await?;
    }
    if let Some(snapshot) = &action.payment {
        return apply(tx, context, payment, snapshot, false).await;
    }
    let next = match call.kind {
        OperationKind::Capture | OperationKind::Refund => SourceState::Captured,
        _ => SourceState::Canceled,
    };
    if payment.source.state.can_become(next) {
        let before = payment.source.state;
        payment.source.state = next;
        schedule::next_check(context, payment, before, next);
    }
    update_order(tx, context, payment).await
}

/// The PSP did nothing: the pending transaction has failed.
async fn fail_pending(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    operation: &GatewayOperationRow,
    decline: &Decline,
) -> Result<(), Failure> {
    if let Some(mut row) = pending_transaction(payment, operation) {
        transaction::fail(context, &mut row, decline);
        payment.put(tx, row).await?;
    }
    if payment.source.state == SourceState::Processing {
        payment.source.state = SourceState::Failed;
    }
    if payment.source.psp_id.is_some() && !payment.source.state.is_final() {
        // The PSP may have refused because the payment has changed: read it at once.
        payment.source.check_at = Some(stored::stored_time(context.now()));
    }
    update_order(tx, context, payment).await
}
