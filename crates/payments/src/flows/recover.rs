//! Finding out what became of a call to a PSP: by asking the PSP first, and by sending the same bytes with the same key
//! where that is safe. The same way for a GET, the start of the service and the background task.

use chrono::{Duration, NaiveDateTime};
use futures::StreamExt;
use tillgate_gateways::{FindPayment, FoundOutcome, PaymentSnapshot, TransportError};
use tillgate_model::Id;
use tillgate_store::{GatewayOperationRow, PaymentGatewayRow, PaymentSourceRow, Scope, Tx, query};

use super::{
    apply::apply,
    case::Case,
    operation::{Attempt, OperationKind, Outcome, lease, perform, retrieve, send, stored_attempt},
    settle::settle,
    state::SourceState,
};
use crate::{
    context::Context,
    failure::Failure,
    request::Request,
    stored::{stored_time, word},
};

/// Both PSPs forget keys after 24 hours; what is older than this is never sent again.
const SEND_AGAIN_WITHIN: Duration = Duration::hours(20);
/// How far the PSP's clock may be off.
const CLOCK_MARGIN: Duration = Duration::minutes(10);
/// How many calls are looked at side by side, so that one slow PSP does not hold up the others.
const AT_ONCE: usize = 8;
/// How many pages of a PSP's list are searched for a payment.
const PAGES: usize = 20;

/// Looks for the outcome of a source's open call if that is due, and asks the PSP for a payment that is not final if
/// `refreshes`. Answers whether the source may have changed.
pub async fn bring_up_to_date(
    request: &Request,
    row: &PaymentSourceRow,
    refreshes: bool,
) -> Result<bool, Failure> {
    let (context, scope) = (&request.context, request.scope());
    if let Some(operation_id) = &row.pending_operation_id {
        let operation_id = word(operation_id)?;
        let operation = context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, gateway_operations::get(scope, &operation_id)))
            .await?;
        let now = stored_time(context.now());
        let due = operation.filter(|operation| operation.next_attempt_at.is_some_and(|next| next <= now));
        if let Some(operation) = due {
            look_for_outcome(context, operation).await?;
        }
        return Ok(true);
    }
    let state: SourceState = word(&row.state)?;
    if refreshes && !state.is_final() && row.psp_id.is_some() {
        refresh(context, scope, &word(&row.id)?).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Asks the PSP for the payment of a source and takes over what it shows. A source with an open call is left to
/// [`look_for_outcome`], which is tried at once.
pub async fn refresh(context: &Context, scope: &Scope, source_id: &Id) -> Result<(), Failure> {
    let (source, gateway, operation) = read_source(context, scope, source_id).await?;
    let (Some(source), Some(gateway)) = (source, gateway) else {
        return Ok(());
    };
    if let Some(operation) = operation {
        look_for_outcome(context, operation).await?;
        return Ok(());
    }
    let Some(psp_id) = &source.psp_id else {
        return Ok(());
    };
    let link = super::link::Link::of(context, &gateway)?;
    match retrieve(context, &link, psp_id).await {
        Outcome::Done(snapshot) => take_over(context, scope, source_id, *snapshot).await,
        Outcome::Refused(refusal) => {
            tracing::warn!(
                source = source.id,
                message = refusal.message,
                "the PSP does not show the payment"
            );
            Ok(())
        }
        Outcome::NotSent(reason) | Outcome::Unknown(reason) => {
            tracing::warn!(
                source = source.id,
                reason,
                "the PSP could not be asked for the payment"
            );
            Ok(())
        }
    }
}

async fn take_over(
    context: &Context,
    scope: &Scope,
    source_id: &Id,
    snapshot: PaymentSnapshot,
) -> Result<(), Failure> {
    let (world, scope, source_id) = (context.clone(), scope.clone(), source_id.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut case = Case::lock(tx, &scope, &source_id).await?;
            // A call that was begun meanwhile will bring newer news than these.
            if case.source.pending_operation_id.is_none() {
                apply(tx, &world, &mut case, &snapshot, false).await?;
                case.save(tx, &world).await?;
            }
            Ok(())
        })
        .await
}

type Found = (
    Option<PaymentSourceRow>,
    Option<PaymentGatewayRow>,
    Option<GatewayOperationRow>,
);

async fn read_source(context: &Context, scope: &Scope, source_id: &Id) -> Result<Found, Failure> {
    context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let Some(source) = query!(tx, payment_sources::get(scope, source_id))? else {
                return Ok((None, None, None));
            };
            let gateway = query!(
                tx,
                payment_gateways::get(scope, &word(&source.payment_gateway_id)?)
            )?;
            let operation = match &source.pending_operation_id {
                Some(id) => query!(tx, gateway_operations::get(scope, &word(id)?))?,
                None => None,
            };
            Ok((Some(source), gateway, operation))
        })
        .await
}

/// Tries once to find out what became of a call, and commits it. Answers whether the outcome is known now.
pub async fn look_for_outcome(context: &Context, row: GatewayOperationRow) -> Result<bool, Failure> {
    let until = stored_time(lease(context, context.now()));
    let taken = {
        let row = row.clone();
        context
            .db
            .write(async move |tx: &mut Tx<'_>| query!(tx, payments::take_operation(&row, until)))
            .await?
    };
    if !taken {
        return Ok(false);
    }
    let scope = Scope::of_job(word(&row.organization_id)?, row.test);
    let (source, gateway, _) = read_source(context, &scope, &word(&row.payment_source_id)?).await?;
    let (Some(source), Some(gateway)) = (source, gateway) else {
        return Err(Failure::Internal(format!(
            "the operation {} has lost its source or gateway",
            row.id
        )));
    };
    let attempt = stored_attempt(context, row, &gateway)?;
    let outcome = find_out(context, &attempt, &source).await?;
    let world = context.clone();
    let finished = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let settled = settle(tx, &world, &attempt, &outcome).await?;
            if settled.finished {
                let now = stored_time(world.now());
                query!(
                    tx,
                    idempotency_keys::finish_of_resource(&attempt.scope, &settled.case.source.id, now)
                )?;
            }
            Ok::<_, Failure>(settled.finished)
        })
        .await?;
    Ok(finished)
}

async fn find_out(
    context: &Context,
    attempt: &Attempt,
    source: &PaymentSourceRow,
) -> Result<Outcome, Failure> {
    let known = match (attempt.kind, &source.psp_id) {
        (OperationKind::Create, _) => search(context, attempt, source).await,
        (_, Some(psp_id)) => retrieve(context, &attempt.link, psp_id).await,
        (_, None) => return Ok(Outcome::Unknown("there is no payment to ask for".into())),
    };
    let not_happened = match (&known, attempt.kind) {
        (Outcome::Refused(refusal), OperationKind::Create) => {
            refusal.kind == tillgate_gateways::RefusalKind::NotFound
        }
        (Outcome::Done(snapshot), OperationKind::Confirm) => {
            !shows_attempt(context, attempt, source, snapshot).await?
        }
        (Outcome::Done(snapshot), OperationKind::Cancel) => match SourceState::of(snapshot) {
            // The buyer has paid with it meanwhile: that stands, as long as it is what pays the order.
            Some(state) if state.holds_money() => {
                !is_final_or_current(context, attempt, source, state).await?
            }
            Some(state) => !state.is_final(),
            None => false,
        },
        (Outcome::Done(_), OperationKind::Update) => true,
        _ => false,
    };
    if !not_happened {
        return Ok(match known {
            // A query that fails says nothing of the call that it asks about.
            Outcome::Refused(refusal) => Outcome::Unknown(refusal.message),
            Outcome::NotSent(reason) => Outcome::Unknown(reason),
            other => other,
        });
    }
    if context.now().moment().naive_utc() - attempt.operation.sent_at > SEND_AGAIN_WITHIN {
        return Ok(match (known, attempt.kind) {
            (Outcome::Done(snapshot), OperationKind::Update) => Outcome::Done(snapshot),
            _ => Outcome::Unknown("it did not happen, and is too old to be sent again".into()),
        });
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
            let order_id = source.order_id.as_str();
            let ledger = context
                .db
                .read(async |tx: &mut Tx<'_>| super::ledger::Ledger::read(tx, &attempt.scope, order_id).await)
                .await?;
            let charge = snapshot.charge_id.as_deref();
            Ok(charge.is_some()
                && !ledger.rows().iter().any(|row| {
                    row.status == super::ledger::FAILED && row.gateway_transaction_id.as_deref() == charge
                }))
        }
        _ => Ok(true),
    }
}

/// Looks for the payment that a creation made, by our transaction id. [`Outcome::Refused`] with "not found" if there is
/// none.
async fn search(context: &Context, attempt: &Attempt, source: &PaymentSourceRow) -> Outcome {
    // At Stripe a source is one payment; at Checkout.com each attempt is one.
    let transaction_id = match &attempt.operation.transaction_id {
        Some(id) if source.kind == "checkout_com_payments" => id.clone(),
        _ => source.id.clone(),
    };
    let mut find = FindPayment {
        transaction_id,
        created_after: (attempt.operation.sent_at - CLOCK_MARGIN).and_utc(),
        cursor: None,
    };
    for _ in 0..PAGES {
        let request = attempt.link.gateway.find_payment(&find);
        let response = match send(context, &attempt.link, &request, false).await {
            Ok(response) => response,
            Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
                return Outcome::Unknown(reason);
            }
        };
        match attempt
            .link
            .gateway
            .read_found(&find.transaction_id, &request, &response)
        {
            FoundOutcome::Found(snapshot) => return Outcome::Done(snapshot),
            FoundOutcome::NotFound => {
                return Outcome::Refused(tillgate_gateways::Refusal {
                    kind: tillgate_gateways::RefusalKind::NotFound,
                    code: None,
                    param: None,
                    message: "the PSP has no such payment".into(),
                    psp_request_id: None,
                });
            }
            FoundOutcome::More(cursor) => find.cursor = Some(cursor),
            FoundOutcome::Refused(refusal) => return Outcome::Unknown(refusal.message),
            FoundOutcome::Unknown(reason) => return Outcome::Unknown(reason),
        }
    }
    Outcome::Unknown("the PSP's list is too long to be searched".into())
}

/// Makes every open call due: whoever was at it is gone.
pub async fn make_all_due(context: &Context) -> Result<(), Failure> {
    let now: NaiveDateTime = stored_time(context.now());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, payments::make_operations_due(now)))
        .await?;
    Ok(())
}

/// Looks once for the outcome of each call that is due. Answers how many were looked at.
pub async fn run_due(context: &Context) -> Result<usize, Failure> {
    let now = stored_time(context.now());
    let due = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, payments::due_operations(now, 50)))
        .await?;
    let count = due.len();
    futures::stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |operation| {
            let id = operation.id.clone();
            if let Err(failure) = look_for_outcome(context, operation).await {
                tracing::error!(operation = id, ?failure, "looking for an outcome failed");
            }
        })
        .await;
    Ok(count)
}
