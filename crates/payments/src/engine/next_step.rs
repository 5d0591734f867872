//! What follows when a call to a PSP has had its effect: the next step of what was asked for, or what an order's payment
//! method wants done by itself.

use tillgate_model::{Problems, resources::TransactionKind};
use tillgate_store::{AnyOrder as _, Goal, SourceState, TransactionRow, TransactionStatus, Tx, query};

use crate::{
    context::Context,
    engine::{action, authorize, order_steps},
    failure::Failure,
    payment::{case::Case, offer, order_status::update_order},
    planted::{self, Bug},
    providers::operation::{Attempt, Progress},
};

/// Goes on from what was begun, up to a call to a PSP. Without a PSP, what was begun is done, and the next steps follow at
/// once.
pub async fn go_on(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    begun: Option<Progress>,
) -> Result<Option<Box<Attempt>>, Failure> {
    match begun {
        Some(Progress::CallPsp(attempt)) => Ok(Some(attempt)),
        Some(Progress::Done(goal)) => Ok(Box::pin(advance(tx, context, case, goal)).await?.map(Box::new)),
        None => Ok(None),
    }
}

/// What follows on an outcome.
#[derive(Default)]
pub struct Next {
    /// What is to be asked of the PSP.
    pub attempt: Option<Attempt>,
    /// Why the next step can't be taken.
    pub stopped: Option<Problems>,
}

/// Takes the next steps after an outcome, which is committed whatever becomes of them: a step that can't be taken is undone
/// by itself, and ends what was to be done. Only a failure of the database undoes the outcome too.
pub async fn advance_if_possible(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    goal: Option<Goal>,
) -> Result<Next, Failure> {
    let is_open = case.source.pending_operation_id.is_some();
    if is_open || (goal.is_none() && due_by_itself(tx, case).await?.is_none()) {
        return Ok(Next::default());
    }
    let before = case.clone();
    query!(tx, savepoints::set())?;
    match Box::pin(advance(tx, context, case, goal)).await {
        Ok(attempt) => Ok(Next {
            attempt,
            stopped: None,
        }),
        Err(failure @ (Failure::Problems(_) | Failure::Internal(_)))
            if !planted::is(Bug::NextStepUndoesOutcome) =>
        {
            query!(tx, savepoints::undo())?;
            *case = before;
            tracing::warn!(
                source = case.source.id,
                ?goal,
                ?failure,
                "the next step can't be taken"
            );
            Ok(Next {
                attempt: None,
                stopped: Some(failure.into_problems()),
            })
        }
        Err(failure) => Err(failure),
    }
}

/// Takes the next steps, up to one that calls a PSP.
pub async fn advance(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    goal: Option<Goal>,
) -> Result<Option<Attempt>, Failure> {
    if case.source.pending_operation_id.is_some() {
        return Ok(None);
    }
    // What was not asked for moves no money by itself.
    let takes_money = matches!(
        goal,
        None | Some(Goal::Authorize | Goal::Authenticate | Goal::Renew | Goal::Capture)
    );
    if takes_money && case.source.mismatch.is_some() {
        return Ok(None);
    }
    loop {
        let begun = match goal {
            Some(goal @ (Goal::Authorize | Goal::Renew)) => authorize_anew(tx, context, case, goal).await?,
            Some(Goal::Authenticate) if authorize::wants_authentication(case) => {
                authorize_anew(tx, context, case, Goal::Authenticate).await?
            }
            Some(Goal::Capture) => order_steps::capture_next(tx, context, case).await?,
            Some(Goal::Refund) => order_steps::refund_next(tx, context, case).await?,
            Some(Goal::CancelOrder) => order_steps::cancel_next(tx, context, case).await?,
            Some(Goal::Unpay) => {
                unpay(tx, context, case).await?;
                None
            }
            Some(Goal::Authenticate) | None => by_itself(tx, context, case).await?,
        };
        match begun {
            Some(Progress::CallPsp(attempt)) => return Ok(Some(*attempt)),
            Some(Progress::Done(_)) => {}
            None => return Ok(None),
        }
    }
}

/// Another authorization after a call. There is none if the order's market does not offer the payment source's gateway any
/// more.
async fn authorize_anew(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    goal: Goal,
) -> Result<Option<Progress>, Failure> {
    if offer::present(tx, case).await?.is_none() {
        return Ok(None);
    }
    match goal {
        Goal::Authorize => authorize::confirm_if_possible(tx, context, case).await,
        Goal::Renew => Ok(Some(authorize::renew(tx, context, case).await?)),
        _ => authorize::authenticate(tx, context, case).await,
    }
}

/// The authorizations that are undone before the order is placed do not count in its payment status.
async fn unpay(tx: &mut Tx<'_>, context: &Context, case: &mut Case) -> Result<(), Failure> {
    let undone: Vec<TransactionRow> = case
        .authorizations()
        .filter(|row| row.status == TransactionStatus::Succeeded && case.ledger.is_undone(row))
        .cloned()
        .collect();
    for mut row in undone {
        row.canceled = true;
        case.put(tx, row).await?;
    }
    update_order(tx, context, case).await
}

/// What nobody asks for.
enum ByItself {
    /// The hold of a source that was replaced is released.
    Void(TransactionRow),
    /// An authorization is captured, because the order's payment method says so.
    Capture(TransactionRow),
}

async fn due_by_itself(tx: &mut Tx<'_>, case: &Case) -> Result<Option<ByItself>, Failure> {
    if case.source.state != SourceState::Authorized {
        return Ok(None);
    }
    let Some(authorization) = open_authorization(case) else {
        return Ok(None);
    };
    let is_kept = case.details.given_up
        && case.ledger.held_besides(&case.source.id) <= 0
        && planted::is(Bug::LateSuccessKept);
    if !case.is_current() && !is_kept {
        return Ok(Some(ByItself::Void(authorization)));
    }
    let captures = captures_by_itself(tx, case, &authorization).await?;
    Ok(captures.then_some(ByItself::Capture(authorization)))
}

async fn by_itself(tx: &mut Tx<'_>, context: &Context, case: &mut Case) -> Result<Option<Progress>, Failure> {
    Ok(match due_by_itself(tx, case).await? {
        Some(ByItself::Void(authorization)) => {
            Some(action::void(tx, context, case, &authorization, None).await?)
        }
        Some(ByItself::Capture(authorization)) => {
            let amount = case.ledger.open_authorization(&authorization);
            Some(action::capture(tx, context, case, &authorization, amount, None).await?)
        }
        None => None,
    })
}

fn open_authorization(case: &Case) -> Option<TransactionRow> {
    case.authorizations()
        .find(|row| case.ledger.open_authorization(row) > 0)
        .cloned()
}

/// Once for each authorization: a capture that failed is for a person to try again.
async fn captures_by_itself(
    tx: &mut Tx<'_>,
    case: &Case,
    authorization: &TransactionRow,
) -> Result<bool, Failure> {
    let tried = case
        .ledger
        .of_kind(TransactionKind::Captures)
        .any(|row| row.parent_id.as_ref() == Some(&authorization.id));
    if tried {
        return Ok(false);
    }
    let Some(method) = offer::method_of(tx, case).await? else {
        return Ok(false);
    };
    let total = case.order.total_cents();
    let small = method
        .auto_capture_max_amount_cents
        .is_none_or(|max| total <= max);
    Ok(method.auto_capture && small && authorization.amount_cents <= total)
}
