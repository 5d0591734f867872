//! What follows when a call to a PSP has had its effect: the next step of what was asked for, or what an order's payment
//! method wants done by itself.

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

/// Goes on from what was begun, up to a call to a PSP. Without a PSP, what was begun is done, and the next steps follow at
/// once.
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

/// What follows on an outcome.
#[derive(Default)]
pub struct Next {
    /// What is to be asked of the PSP.
    pub call: Option<PreparedCall>,
    /// Why the next step can't be taken.
    pub stopped: Option<Problems>,
}

/// Takes the next steps after an outcome, which is committed whatever becomes of them: a step that can't be taken is undone
/// by itself, and ends what was to be done. Only a failure of the database undoes the outcome too.
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

/// Takes the next steps, up to one that calls a PSP.
pub async fn take_next_steps(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    goal: Option<Goal>,
) -> Result<Option<PreparedCall>, Failure> {
    if payment.source.pending_operation_id.is_some() {
        return Ok(None);
    }
    // What was not asked for moves no money by itself.
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

/// Another authorization after a call. There is none if the payment takes no attempt any more, if money is held for the order, or if
/// the order's market does not offer the payment source's gateway any more.
async fn authorize_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    goal: Goal,
) -> Result<Option<Progress>, Failure> {
    // What was done meanwhile, by the buyer or in the PSP's dashboard, may have left nothing to attempt.
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

/// The authorizations that are undone before the order is placed do not count in its payment status.
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

/// What nobody asks for.
enum AutomaticStep {
    /// The hold of a source that was replaced is released.
    Void(TransactionRow),
    /// An authorization is captured, because the order's payment method says so.
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

/// Once for each authorization: a capture that failed is for a person to try again.
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
