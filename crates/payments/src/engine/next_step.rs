//! Follow-up steps after a successful call: the next step of the request, or a step that the order's payment method makes
//! automatic.

use tillgate_model::{Problems, resources::TransactionKind};
use tillgate_store::{AnyOrder as _, Goal, SourceState, TransactionRow, TransactionStatus, Tx, query};

use crate::{
    context::Context,
    engine::{action, authorize, order_steps},
    failure::Failure,
    payment::{locked::LockedPayment, offer, order_status::update_order, state::SourceStateRules as _},
    planted::{self, Bug},
    providers::operation::{PreparedCall, Progress},
};

/// Continues from a begun step, up to a call to a PSP. Without a PSP, the step is done already, and the next ones follow at once.
pub async fn run_to_call(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    begun: Option<Progress>,
) -> Result<Option<Box<PreparedCall>>, Failure> {
    match begun {
        Some(Progress::CallPsp(call)) => Ok(Some(call)),
        Some(Progress::Done(goal)) => Ok(Box::pin(take_next_steps(tx, context, payment, goal))
            .await?
            .map(Box::new)),
        None => Ok(None),
    }
}

/// The consequences of an outcome.
#[derive(Default)]
pub struct Next {
    /// The next call to the PSP.
    pub call: Option<PreparedCall>,
    /// Why the next step is impossible.
    pub stopped: Option<Problems>,
}

/// Takes the next steps after an outcome, which is committed in any case: an impossible step is rolled back alone, and ends the
/// sequence. Only a failure of the database rolls back the outcome too.
pub async fn try_next_step(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    goal: Option<Goal>,
) -> Result<Next, Failure> {
    let is_open = payment.source.pending_operation_id.is_some();
    if is_open || (goal.is_none() && automatic_step_due(tx, payment).await?.is_none()) {
        return Ok(Next::default());
    }
    let before = payment.clone();
    query!(tx, savepoints::set())?;
    match Box::pin(take_next_steps(tx, context, payment, goal)).await {
        Ok(call) => Ok(Next { call, stopped: None }),
        Err(failure @ (Failure::Problems(_) | Failure::Internal(_)))
            if !planted::is(Bug::NextStepUndoesOutcome) =>
        {
            query!(tx, savepoints::undo())?;
            *payment = before;
            tracing::warn!(
                source = payment.source.id,
                ?goal,
                ?failure,
                "the next step can't be taken"
            );
            Ok(Next {
                call: None,
                stopped: Some(failure.into_problems()),
            })
        }
        Err(failure) => Err(failure),
    }
}

/// Takes the next steps, up to a call to the PSP.
pub async fn take_next_steps(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    goal: Option<Goal>,
) -> Result<Option<PreparedCall>, Failure> {
    if payment.source.pending_operation_id.is_some() {
        return Ok(None);
    }
    // A payment that differs from the request moves no money automatically.
    let takes_money = matches!(
        goal,
        None | Some(Goal::Authorize | Goal::Authenticate | Goal::Renew | Goal::Capture)
    );
    if takes_money && payment.source.mismatch.is_some() {
        return Ok(None);
    }
    loop {
        let begun = match goal {
            Some(goal @ (Goal::Authorize | Goal::Renew)) => {
                authorize_anew(tx, context, payment, goal).await?
            }
            Some(Goal::Authenticate) if authorize::wants_authentication(payment) => {
                authorize_anew(tx, context, payment, Goal::Authenticate).await?
            }
            Some(Goal::Capture) => order_steps::capture_next(tx, context, payment).await?,
            Some(Goal::Refund) => order_steps::refund_next(tx, context, payment).await?,
            Some(Goal::CancelOrder) => order_steps::cancel_next(tx, context, payment).await?,
            Some(Goal::Unpay) => {
                unpay(tx, context, payment).await?;
                None
            }
            Some(Goal::Authenticate) | None => automatic_step(tx, context, payment).await?,
        };
        match begun {
            Some(Progress::CallPsp(call)) => return Ok(Some(*call)),
            Some(Progress::Done(_)) => {}
            None => return Ok(None),
        }
    }
}

/// Another authorization after a call. `None` if the payment takes no attempt any more, if money is held for the order, or if the
/// order's market no longer offers the source's gateway.
async fn authorize_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    goal: Goal,
) -> Result<Option<Progress>, Failure> {
    // The buyer, or an action in the PSP's dashboard, may have left nothing to attempt.
    let can_attempt = match goal {
        Goal::Renew => payment.source.state == SourceState::Canceled,
        _ => payment.source.state.takes_attempt(),
    };
    if !can_attempt || payment.ledger.held() > 0 || offer::present(tx, payment).await?.is_none() {
        return Ok(None);
    }
    match goal {
        Goal::Authorize => authorize::confirm_if_possible(tx, context, payment).await,
        Goal::Renew => Ok(Some(authorize::renew(tx, context, payment).await?)),
        _ => authorize::authenticate(tx, context, payment).await,
    }
}

/// Excludes the authorizations that are undone before the order is placed from its payment status.
async fn unpay(tx: &mut Tx<'_>, context: &Context, payment: &mut LockedPayment) -> Result<(), Failure> {
    let undone: Vec<TransactionRow> = payment
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Succeeded && payment.ledger.is_undone(row))
        .cloned()
        .collect();
    for mut row in undone {
        row.canceled = true;
        payment.put(tx, row).await?;
    }
    update_order(tx, context, payment).await
}

/// A step that no request asked for.
enum AutomaticStep {
    /// Release the hold of a replaced source.
    Void(TransactionRow),
    /// Capture an authorization, because the order's payment method captures automatically.
    Capture(TransactionRow),
}

async fn automatic_step_due(
    tx: &mut Tx<'_>,
    payment: &LockedPayment,
) -> Result<Option<AutomaticStep>, Failure> {
    if payment.source.state != SourceState::Authorized {
        return Ok(None);
    }
    let Some(authorization) = open_authorization(payment) else {
        return Ok(None);
    };
    let is_kept = payment.terms.given_up
        && payment.ledger.held_besides(&payment.source.id) <= 0
        && planted::is(Bug::LateSuccessKept);
    if !payment.is_current() && !is_kept {
        return Ok(Some(AutomaticStep::Void(authorization)));
    }
    let captures = captures_automatically(tx, payment, &authorization).await?;
    Ok(captures.then_some(AutomaticStep::Capture(authorization)))
}

async fn automatic_step(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    Ok(match automatic_step_due(tx, payment).await? {
        Some(AutomaticStep::Void(authorization)) => {
            Some(action::void(tx, context, payment, &authorization, None).await?)
        }
        Some(AutomaticStep::Capture(authorization)) => {
            let amount = payment.ledger.open_authorization(&authorization);
            Some(action::capture(tx, context, payment, &authorization, amount, None).await?)
        }
        None => None,
    })
}

fn open_authorization(payment: &LockedPayment) -> Option<TransactionRow> {
    payment
        .authorizations()
        .find(|row| payment.ledger.open_authorization(row) > 0)
        .cloned()
}

/// Whether to capture automatically. This is tried once for each authorization: a failed capture is left to the merchant.
async fn captures_automatically(
    tx: &mut Tx<'_>,
    payment: &LockedPayment,
    authorization: &TransactionRow,
) -> Result<bool, Failure> {
    let tried = payment
        .ledger
        .of_kind(TransactionKind::Captures)
        .any(|row| row.parent_id.as_ref() == Some(&authorization.id));
    if tried {
        return Ok(false);
    }
    let Some(method) = offer::method_of(tx, payment).await? else {
        return Ok(false);
    };
    let total = payment.order.total_cents();
    let small = method
        .auto_capture_max_amount_cents
        .is_none_or(|max| total <= max);
    Ok(method.auto_capture && small && authorization.amount_cents <= total)
}
