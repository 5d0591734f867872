//! What became of a call to a PSP: the PSP is asked, and the same bytes are sent again with the same key where that is safe.

use chrono::Duration;
use tillgate_gateways::{
    ActionKind, FindAction, FindPayment, FoundAction, FoundOutcome, PaymentSnapshot, TransportError,
};
use tillgate_store::{PaymentSourceRow, StoredTime, Tx, query};

use super::{
    ledger::Ledger,
    operation::{Attempt, OperationKind, Outcome, perform, retrieve, send},
    state::SourceState,
};
use crate::{
    context::Context,
    failure::Failure,
    planted::{self, Bug},
    stored::{stored_time, time, word},
};

/// Both PSPs forget keys after 24 hours; what is older than this is never sent again.
const SEND_AGAIN_WITHIN: Duration = Duration::hours(20);
/// How far the PSP's clock may be off.
const CLOCK_MARGIN: Duration = Duration::minutes(10);
/// How many pages of a PSP's list are searched for a payment or an action.
const PAGES: usize = 20;

/// What the PSP says of a call.
enum Seen {
    /// It can be told.
    Known(Outcome),
    /// It has not happened so far. A request that is under way may still make it happen, and so does sending it again.
    /// With the payment as it is, if the PSP has shown it.
    NotSoFar(Option<Box<PaymentSnapshot>>),
}

/// Asks the PSP what became of a call, and changes nothing there.
pub async fn ask(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
) -> Result<Outcome, Failure> {
    Ok(match look(context, attempt, source).await? {
        Seen::Known(outcome) => outcome,
        Seen::NotSoFar(_) => Outcome::Unknown("it has not happened so far".into()),
    })
}

/// Asks the PSP what became of a call, and sends it again if it has not happened and its key is still remembered. What has
/// not happened when the key is forgotten never will: what counts is when the PSP was asked, which may be long before the
/// answer is read, on a machine that slept.
pub async fn ask_or_send_again(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
) -> Result<Outcome, Failure> {
    let is_old = || is_key_forgotten(context, attempt.operation.sent_at) && !planted::is(Bug::RetryAfterADay);
    let was_old_when_asked = is_old();
    let snapshot = match look(context, attempt, source).await? {
        Seen::Known(outcome) => return Ok(outcome),
        Seen::NotSoFar(snapshot) => snapshot,
    };
    if was_old_when_asked || planted::is(Bug::NotFoundIsFailed) {
        let gone = "it did not happen, and is too old to be sent again";
        return Ok(match (snapshot, attempt.kind) {
            (Some(snapshot), OperationKind::Create) => Outcome::Done(snapshot),
            (Some(snapshot), _) => Outcome::Overtaken(snapshot),
            (None, _) => Outcome::NotSent(gone.into()),
        });
    }
    if is_old() {
        let reason = "its key was forgotten while the PSP was asked; it is asked again";
        return Ok(Outcome::Unknown(reason.into()));
    }
    let again = perform(context, attempt).await;
    // A replayed answer shows the payment as it was then.
    Ok(match again {
        Outcome::Done(snapshot) => match retrieve(context, &attempt.link, &snapshot.psp_id).await {
            Outcome::Done(newer) => Outcome::Done(newer),
            _ => Outcome::Done(snapshot),
        },
        Outcome::NotSent(reason) => Outcome::Unknown(reason),
        other => other,
    })
}

/// Whether the PSP may have forgotten the key of a request that was first sent then.
pub fn is_key_forgotten(context: &Context, sent_at: StoredTime) -> bool {
    stored_time(context.now()) - sent_at > SEND_AGAIN_WITHIN
}

async fn look(context: &Context, attempt: &Attempt, source: &PaymentSourceRow) -> Result<Seen, Failure> {
    if attempt.kind == OperationKind::Create {
        return Ok(search(context, attempt, source).await);
    }
    let Some(psp_id) = &source.psp_id else {
        return Ok(unknown("there is no payment to ask for"));
    };
    if attempt.kind.is_action() && attempt.operation.transaction_id.is_some() {
        return find_action(context, attempt, source, psp_id).await;
    }
    let snapshot = match retrieve(context, &attempt.link, psp_id).await {
        Outcome::Done(snapshot) => snapshot,
        // A query that fails says nothing of the call that it asks about.
        Outcome::Refused(refusal) => return Ok(unknown(refusal.message)),
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => return Ok(unknown(reason)),
        _ => return Ok(unknown("a query has done something")),
    };
    let state = SourceState::of(&snapshot);
    let happened = match attempt.kind {
        OperationKind::Confirm => shows_attempt(context, attempt, source, &snapshot).await?,
        OperationKind::Cancel => match state {
            // The buyer has paid with it meanwhile: that stands, as long as it is what pays the order.
            Some(state) if state.holds_money() => {
                is_final_or_current(context, attempt, source, state).await?
            }
            Some(state) => state.is_final(),
            None => true,
        },
        // An update shows nowhere; sending it again changes nothing.
        _ => false,
    };
    Ok(if happened {
        Seen::Known(Outcome::Done(snapshot))
    } else {
        Seen::NotSoFar(Some(snapshot))
    })
}

fn unknown(reason: impl Into<String>) -> Seen {
    Seen::Known(Outcome::Unknown(reason.into()))
}

/// Looks for a capture, void or refund.
async fn find_action(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
    psp_id: &str,
) -> Result<Seen, Failure> {
    let mut find = FindAction {
        kind: match attempt.kind {
            OperationKind::Capture => ActionKind::Capture,
            OperationKind::Refund => ActionKind::Refund,
            _ => ActionKind::Cancel,
        },
        transaction_id: attempt.operation.transaction_id.clone().unwrap_or_default(),
        currency: word(&source.currency_code)?,
        cursor: None,
    };
    for _ in 0..PAGES {
        let Ok(request) = attempt.link.gateway.find_action(psp_id, &find) else {
            return Ok(unknown("the PSP can't be asked for it"));
        };
        let response = match send(context, &attempt.link, &request, false).await {
            Ok(response) => response,
            Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
                return Ok(unknown(reason));
            }
        };
        match attempt.link.gateway.read_found_action(&find, &request, &response) {
            FoundAction::Done(action) => return Ok(Seen::Known(Outcome::Acted(action))),
            FoundAction::Pending(action) => return Ok(Seen::Known(Outcome::Accepted(action))),
            FoundAction::Failed(decline) => return Ok(Seen::Known(Outcome::Failed(decline))),
            FoundAction::NotFound => return Ok(Seen::NotSoFar(None)),
            FoundAction::State(snapshot) => return by_state(context, attempt, source, snapshot).await,
            FoundAction::More(cursor) => find.cursor = Some(cursor),
            FoundAction::Refused(refusal) => return Ok(unknown(refusal.message)),
            FoundAction::Unknown(reason) => return Ok(unknown(reason)),
        }
    }
    Ok(unknown("the PSP's list is too long to be searched"))
}

/// Judges a capture or a void by how the payment stands, which does not bear its mark.
async fn by_state(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
    snapshot: Box<PaymentSnapshot>,
) -> Result<Seen, Failure> {
    let Some(state) = SourceState::of(&snapshot) else {
        return Ok(unknown("the payment is in a state that is not known"));
    };
    if attempt.kind == OperationKind::Cancel {
        return Ok(match state {
            SourceState::Canceled => Seen::Known(Outcome::Done(snapshot)),
            SourceState::Captured => Seen::Known(Outcome::Overtaken(snapshot)),
            _ => Seen::NotSoFar(Some(snapshot)),
        });
    }
    let can_happen = snapshot
        .amount_capturable
        .as_ref()
        .is_some_and(|amount| amount.amount_cents > 0);
    let ledger = ledger_of(context, attempt, source).await?;
    let captured = snapshot
        .amount_captured
        .as_ref()
        .map_or(0, |amount| amount.amount_cents);
    if can_happen || (captured == ledger.captured_of_source(&source.id) && state == SourceState::Authorized) {
        return Ok(Seen::NotSoFar(Some(snapshot)));
    }
    Ok(Seen::Known(Outcome::Overtaken(snapshot)))
}

async fn ledger_of(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
) -> Result<Ledger, Failure> {
    let order_id = source.order_id.as_str();
    Ok(context
        .db
        .read(async |tx: &mut Tx<'_>| Ledger::read(tx, &attempt.scope, order_id).await)
        .await?)
}

async fn is_final_or_current(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
    state: SourceState,
) -> Result<bool, Failure> {
    let order_id = word(&source.order_id)?;
    let order = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, orders::get(&attempt.scope, &order_id)))
        .await?;
    let is_current = order.is_some_and(|order| order.payment_source_id.as_ref() == Some(&source.id));
    Ok(state.is_final() || is_current)
}

/// Whether the payment shows the attempt to confirm it: it went on, or it was declined with a charge that is not that of
/// an earlier attempt.
async fn shows_attempt(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
    snapshot: &PaymentSnapshot,
) -> Result<bool, Failure> {
    match SourceState::of(snapshot) {
        Some(SourceState::Unconfirmed) => Ok(false),
        Some(SourceState::Failed) => {
            let ledger = ledger_of(context, attempt, source).await?;
            let charge = snapshot.charge_id.as_deref();
            Ok(charge.is_some()
                && !ledger.rows().iter().any(|row| {
                    row.status == super::ledger::FAILED && row.gateway_transaction_id.as_deref() == charge
                }))
        }
        _ => Ok(true),
    }
}

/// Looks for the payment that a creation made, by our transaction id.
async fn search(context: &Context, attempt: &Attempt, source: &PaymentSourceRow) -> Seen {
    // At Stripe each call makes one payment; at Checkout.com each authorization does.
    let transaction_id = match &attempt.operation.transaction_id {
        Some(id) if source.kind == "checkout_com_payments" => id.clone(),
        _ => attempt.operation.id.clone(),
    };
    let mut find = FindPayment {
        transaction_id,
        created_after: time(attempt.operation.sent_at - CLOCK_MARGIN).moment(),
        cursor: None,
    };
    for _ in 0..PAGES {
        let request = attempt.link.gateway.find_payment(&find);
        let response = match send(context, &attempt.link, &request, false).await {
            Ok(response) => response,
            Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => return unknown(reason),
        };
        match attempt
            .link
            .gateway
            .read_found(&find.transaction_id, &request, &response)
        {
            FoundOutcome::Found(snapshot) => return Seen::Known(Outcome::Done(snapshot)),
            FoundOutcome::NotFound => return Seen::NotSoFar(None),
            FoundOutcome::More(cursor) => find.cursor = Some(cursor),
            FoundOutcome::Refused(refusal) => return unknown(refusal.message),
            FoundOutcome::Unknown(reason) => return unknown(reason),
        }
    }
    unknown("the PSP's list is too long to be searched")
}
