//! Finds the outcome of a call to a PSP: asks the PSP, and sends the same bytes again with the same key where that is safe.

use chrono::Duration;
use tillgate_gateways::{
    Action, ActionKind, ActionStatus, Decline, FindAction, FindPayment, FoundAction, FoundOutcome,
    PaymentSnapshot, RefusalKind, TransportError,
};
use tillgate_store::{OperationKind, PaymentSourceRow, SourceState, TransactionStatus, Tx, query};

use crate::{
    context::Context,
    engine::retrieve::{Actions, retrieve},
    failure::Failure,
    payment::{ledger::Ledger, state::SourceStateRules as _},
    planted::{self, Bug},
    providers::operation::{self, Outcome, PreparedCall, is_key_forgotten, send},
    stored::{parse_column, time},
};

/// Maximum error of the PSP's clock.
const CLOCK_MARGIN: Duration = Duration::minutes(10);
/// Maximum number of pages of a PSP's list that are searched for a payment.
const PAGES: usize = 20;

/// The effect of a call, as the PSP's answer proves it.
enum Seen {
    /// The outcome is known.
    Known(Outcome),
    /// The call has not happened so far. A request that is on its way may still make it happen, and so may sending it again. With
    /// the snapshot, if the PSP has shown one.
    NotSoFar(Option<Box<PaymentSnapshot>>),
}

/// Sends a call. If the PSP does not allow it in the payment's state, the payment is read: an action in the PSP's dashboard may
/// have changed it, and its event may be missing.
pub async fn perform(context: &Context, call: &PreparedCall) -> Outcome {
    let refusal = match operation::perform(context, call).await {
        Outcome::Refused(refusal) if call.kind.is_action() => refusal,
        other => return other,
    };
    if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::NotPermitted) {
        return Outcome::Refused(refusal);
    }
    if call.operation.transaction_id.is_none() {
        // Reading a payment that can't be given up shows its state.
        return Outcome::Unknown(refusal.message);
    }
    let seen = match source_of(context, call).await {
        Ok(Some(source)) => find_action(context, call, &source).await,
        Ok(None) => return Outcome::Refused(refusal),
        Err(failure) => Err(failure),
    };
    match seen {
        Ok(Seen::Known(Outcome::Overtaken(_, snapshot)) | Seen::NotSoFar(Some(snapshot))) => {
            Outcome::NotAllowed(refusal, snapshot)
        }
        Ok(Seen::Known(Outcome::Unknown(_)) | Seen::NotSoFar(None)) | Err(_) => Outcome::Refused(refusal),
        Ok(Seen::Known(outcome)) => outcome,
    }
}

async fn source_of(context: &Context, call: &PreparedCall) -> Result<Option<PaymentSourceRow>, Failure> {
    let id = parse_column(&call.operation.payment_source_id)?;
    Ok(context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, payment_sources::get(&call.scope, &id)))
        .await?)
}

/// Asks the PSP for the outcome of a call, and changes nothing there.
pub async fn ask(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
) -> Result<Outcome, Failure> {
    Ok(match look(context, call, source).await? {
        Seen::Known(outcome) => outcome,
        Seen::NotSoFar(_) => Outcome::Unknown("it has not happened so far".into()),
    })
}

/// Asks the PSP for the outcome of a call. Sends the call again if it has not happened and the PSP still remembers its key. After
/// that it counts as not executed. The age of the key is taken when the PSP is asked, which may be long before the answer is
/// read, on a machine that slept.
pub async fn ask_or_resend(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
) -> Result<Outcome, Failure> {
    let is_old = || is_key_forgotten(context, call.operation.sent_at) && !planted::is(Bug::RetryAfterADay);
    let was_old_when_asked = is_old();
    let snapshot = match look(context, call, source).await? {
        Seen::Known(outcome) => return Ok(outcome),
        Seen::NotSoFar(snapshot) => snapshot,
    };
    if was_old_when_asked || planted::is(Bug::NotFoundIsFailed) {
        let gone = "it did not happen, and is too old to be sent again";
        return Ok(match (snapshot, call.kind) {
            (Some(snapshot), OperationKind::Create) => Outcome::Done(snapshot),
            (Some(snapshot), _) => Outcome::Overtaken(lost(), snapshot),
            (None, _) => Outcome::NotSent(gone.into()),
        });
    }
    if is_old() {
        let reason = "its idempotency key expired while the PSP was read; the PSP is read again";
        return Ok(Outcome::Unknown(reason.into()));
    }
    let again = perform(context, call).await;
    // A replayed answer shows the payment's state at the first answer.
    Ok(match again {
        Outcome::Done(snapshot) => match as_it_is(context, call, source, &snapshot.psp_id).await? {
            Outcome::Done(newer) => Outcome::Done(newer),
            _ => Outcome::Done(snapshot),
        },
        Outcome::NotSent(reason) => Outcome::Unknown(reason),
        other => other,
    })
}

/// The payment as the PSP shows it now.
async fn as_it_is(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
    psp_id: &str,
) -> Result<Outcome, Failure> {
    let currency = parse_column(&source.currency_code)?;
    Ok(retrieve(context, &call.connection, psp_id, currency, Actions::OfCaptured).await)
}

/// The decline of a call that never arrived.
fn lost() -> Decline {
    Decline {
        code: "request_lost".into(),
        message: "The request did not reach the payment gateway.".into(),
        detail: None,
    }
}

/// The decline of a call that can't take effect any more.
fn overtaken() -> Decline {
    Decline {
        code: "payment_changed".into(),
        message: "The payment has changed at the payment gateway.".into(),
        detail: Some("It was captured, refunded, canceled or has expired there.".into()),
    }
}

async fn look(context: &Context, call: &PreparedCall, source: &PaymentSourceRow) -> Result<Seen, Failure> {
    if call.kind == OperationKind::Create {
        return search(context, call, source).await;
    }
    if call.kind.is_action() && call.operation.transaction_id.is_some() {
        return find_action(context, call, source).await;
    }
    let Some(psp_id) = &source.psp_id else {
        return Ok(unknown("there is no payment to read"));
    };
    let snapshot = match as_it_is(context, call, source, psp_id).await? {
        Outcome::Done(snapshot) => snapshot,
        // A failed query proves nothing about the call.
        Outcome::Refused(refusal) => return Ok(unknown(refusal.message)),
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => return Ok(unknown(reason)),
        _ => return Ok(unknown("a query has done something")),
    };
    let state = SourceState::of(&snapshot);
    let happened = match call.kind {
        OperationKind::Confirm => shows_attempt(context, call, source, &snapshot).await?,
        OperationKind::Cancel => match state {
            // The buyer has paid with it meanwhile: the payment stands, as long as it pays the order.
            Some(state) if state.holds_money() => is_final_or_current(context, call, source, state).await?,
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

/// Looks for a capture, void or refund in the payment and in its list of actions, including actions from the dashboard.
async fn find_action(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
) -> Result<Seen, Failure> {
    let Some(psp_id) = &source.psp_id else {
        return Ok(unknown("there is no payment to read"));
    };
    let currency = parse_column(&source.currency_code)?;
    let snapshot = match retrieve(context, &call.connection, psp_id, currency, Actions::Always).await {
        Outcome::Done(snapshot) => snapshot,
        Outcome::Refused(refusal) => return Ok(unknown(refusal.message)),
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => return Ok(unknown(reason)),
        _ => return Ok(unknown("a query has done something")),
    };
    let find = FindAction {
        kind: match call.kind {
            OperationKind::Capture => ActionKind::Capture,
            OperationKind::Refund => ActionKind::Refund,
            _ => ActionKind::Cancel,
        },
        transaction_id: call.operation.transaction_id.clone().unwrap_or_default(),
    };
    Ok(match call.connection.gateway.find_action(&find, &snapshot) {
        FoundAction::Done(action) => Seen::Known(Outcome::Acted(Action {
            payment: Some(snapshot),
            ..action
        })),
        FoundAction::Pending(action) => Seen::Known(Outcome::Accepted(action)),
        FoundAction::Failed(decline) => Seen::Known(Outcome::Overtaken(decline, snapshot)),
        FoundAction::Unknown(reason) => unknown(reason),
        FoundAction::NotFound if planted::is(Bug::NotAllowedIsNotFound) => Seen::NotSoFar(Some(snapshot)),
        FoundAction::NotFound => {
            let ledger = ledger_of(context, call, source).await?;
            match prospect(find.kind, &find.transaction_id, &ledger, &snapshot) {
                Prospect::Happened => Seen::Known(Outcome::Done(snapshot)),
                Prospect::CanHappen => Seen::NotSoFar(Some(snapshot)),
                Prospect::CanNotHappen => Seen::Known(Outcome::Overtaken(overtaken(), snapshot)),
            }
        }
    })
}

/// The prospects of an action that a payment does not show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Prospect {
    /// Another caller has made an action with this effect.
    Happened,
    /// It may be on its way, or can be sent again.
    CanHappen,
    /// The payment's state has ruled it out for good.
    CanNotHappen,
}

/// Judges by values that never decrease: the captured and refunded sums, and the end of the hold.
fn prospect(kind: ActionKind, transaction_id: &str, ledger: &Ledger, snapshot: &PaymentSnapshot) -> Prospect {
    let Some(state) = SourceState::of(snapshot) else {
        return Prospect::CanHappen;
    };
    let cents = |amount: &Option<tillgate_model::Money>| amount.as_ref().map(|amount| amount.amount_cents);
    let row = ledger.get(transaction_id);
    let asked = row.map_or(0, |row| row.amount_cents);
    let captured = cents(&snapshot.amount_captured);
    let capturable = cents(&snapshot.amount_capturable);
    let can = |can| {
        if can {
            Prospect::CanHappen
        } else {
            Prospect::CanNotHappen
        }
    };
    match (kind, state) {
        (ActionKind::Cancel, SourceState::Canceled) => Prospect::Happened,
        (ActionKind::Cancel, SourceState::Captured) => {
            let authorization = row.and_then(|row| ledger.get(row.parent_id.as_deref()?));
            let before = authorization.map(|row| row.amount_cents - asked);
            let is_released = capturable.is_none_or(|rest| rest == 0) && before > Some(0);
            if is_released && captured == before {
                return Prospect::Happened;
            }
            can(capturable == Some(asked))
        }
        (ActionKind::Cancel, _) => Prospect::CanHappen,
        (_, SourceState::Canceled) => Prospect::CanNotHappen,
        (ActionKind::Capture, SourceState::Authorized | SourceState::Captured) => {
            can(capturable.map_or(state == SourceState::Authorized, |rest| rest >= asked))
        }
        (ActionKind::Refund, SourceState::Captured) => {
            can(captured.is_none_or(|captured| captured - refunded(snapshot) >= asked))
        }
        (ActionKind::Capture | ActionKind::Refund, _) => Prospect::CanHappen,
    }
}

/// The refunded amount of a payment, including refunds that are still pending.
fn refunded(snapshot: &PaymentSnapshot) -> i64 {
    let refunds = snapshot.actions.iter().flatten().filter(|action| {
        action.kind == ActionKind::Refund && !matches!(action.status, ActionStatus::Failed(_))
    });
    let amounts = refunds.filter_map(|refund| refund.amount.as_ref());
    amounts.map(|amount| amount.amount_cents).sum()
}

async fn ledger_of(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
) -> Result<Ledger, Failure> {
    let order_id = source.order_id.as_str();
    Ok(context
        .db
        .read(async |tx: &mut Tx<'_>| Ledger::read(tx, &call.scope, order_id).await)
        .await?)
}

async fn is_final_or_current(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
    state: SourceState,
) -> Result<bool, Failure> {
    let order_id = parse_column(&source.order_id)?;
    let order = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, orders::get(&call.scope, &order_id)))
        .await?;
    let is_current = order.is_some_and(|order| order.payment_source_id.as_ref() == Some(&source.id));
    Ok(state.is_final() || is_current)
}

/// Whether the payment shows the attempt to confirm it: its state has advanced, or it was declined with a charge that no earlier
/// attempt has.
async fn shows_attempt(
    context: &Context,
    call: &PreparedCall,
    source: &PaymentSourceRow,
    snapshot: &PaymentSnapshot,
) -> Result<bool, Failure> {
    match SourceState::of(snapshot) {
        Some(SourceState::Unconfirmed) => Ok(false),
        Some(SourceState::Failed) => {
            let ledger = ledger_of(context, call, source).await?;
            let charge = snapshot.charge_id.as_deref();
            Ok(charge.is_some()
                && !ledger.rows().iter().any(|row| {
                    row.status == TransactionStatus::Failed && row.gateway_transaction_id.as_deref() == charge
                }))
        }
        _ => Ok(true),
    }
}

/// Looks for the payment that a creation made, by the reference that was sent with it.
async fn search(context: &Context, call: &PreparedCall, source: &PaymentSourceRow) -> Result<Seen, Failure> {
    let mut seen = unknown("the request had no reference to find it by");
    for reference in references(call) {
        seen = search_for(context, call, reference).await;
        if !matches!(seen, Seen::NotSoFar(_)) {
            break;
        }
    }
    if let Seen::Known(Outcome::Done(found)) = &seen
        && SourceState::of(found) == Some(SourceState::Captured)
    {
        // A list of payments does not show their actions.
        let psp_id = found.psp_id.clone();
        if let outcome @ Outcome::Done(_) = as_it_is(context, call, source, &psp_id).await? {
            return Ok(Seen::Known(outcome));
        }
    }
    Ok(seen)
}

/// The references that a creation can be found by. Former versions did not store them: they sent the transaction's id or the
/// call's id, and nothing else has these.
fn references(call: &PreparedCall) -> Vec<String> {
    let operation = &call.operation;
    if planted::is(Bug::ReferenceGuessed) {
        return vec![operation.id.clone()];
    }
    match &operation.reference {
        Some(reference) => vec![reference.clone()],
        None => std::iter::once(operation.id.clone())
            .chain(operation.transaction_id.clone())
            .collect(),
    }
}

async fn search_for(context: &Context, call: &PreparedCall, reference: String) -> Seen {
    let mut find = FindPayment {
        transaction_id: reference,
        created_after: time(call.operation.sent_at - CLOCK_MARGIN).moment(),
        cursor: None,
    };
    for _ in 0..PAGES {
        let request = call.connection.gateway.find_payment(&find);
        let response = match send(context, &call.connection, &request, false).await {
            Ok(response) => response,
            Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => return unknown(reason),
        };
        match call
            .connection
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
