//! A second payment source replaces one that its buyer could still confirm or authenticate. That payment is given up first: at
//! the PSP if it can be cancelled there, else here. A late authorization of it is released.

use tillgate_gateways::{Decline, RefusalKind};
use tillgate_model::{Id, Problem, Problems, problem::Kind};
use tillgate_store::{PaymentSourceRow, Scope, SourceState, Tx, query};

use crate::{
    context::Context,
    engine::{apply::apply, next_step::try_next_step, record_outcome::record_outcome, resolve, sync},
    failure::Failure,
    idempotency,
    payment::{
        access,
        locked::LockedPayment,
        machine::OrderEvent,
        order_status::{self, update_order},
        rules::{self, is_confirmable, waits_for_buyer},
        state::SourceStateRules as _,
        transaction::{self, GIVEN_UP},
    },
    planted::{self, Bug},
    providers::{
        connection::ProviderConnection,
        operation::{self, Outcome, PreparedCall},
        refusal::ASK_AGAIN,
    },
    request::Request,
    stored::parse_column,
};

/// Why a payment is given up that could still be confirmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Another source pays the order, which must be payable then.
    Replaced,
    /// The source is deleted. A payment that waits for its buyer stays.
    Deleted,
    /// The source is detached from its order.
    Detached,
    /// The order gets another buyer. The payment was not made for them.
    BuyerChanged,
}

/// Commits the beginning of another payment of an order. A present payment that blocks it is given up first. Most orders have
/// none, which is checked under the lock that is needed anyway.
pub async fn replacing<T>(
    request: &Request,
    order_id: &Id,
    reason: Reason,
    commit: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    match commit().await {
        Err(Failure::Confirmable) => {
            give_up_present_source(request, order_id, reason).await?;
            commit().await
        }
        outcome => outcome,
    }
}

/// Gives up the payment of the order's present source, if its buyer could still confirm or authenticate it.
pub async fn give_up_present_source(request: &Request, order_id: &Id, reason: Reason) -> Result<(), Failure> {
    let context = &request.context;
    if !has_confirmable_source(request, order_id).await? {
        return Ok(());
    }
    match commit_intent(request, order_id.clone(), reason).await? {
        None => Ok(()),
        Some(Begun::Cancel(call, psp_id)) => cancel(context, *call, &psp_id).await,
        Some(Begun::Ask(connection, source)) => {
            ask_and_free(context, request.scope(), &connection, *source).await
        }
    }
}

/// Gives the payment up at the PSP.
pub async fn cancel(context: &Context, call: PreparedCall, psp_id: &str) -> Result<(), Failure> {
    let outcome = match operation::retrieve(context, &call.connection, psp_id).await {
        // The buyer has paid with it meanwhile, before an event arrived: the payment stands.
        Outcome::Done(seen) if SourceState::of(&seen).is_some_and(SourceState::holds_money) => {
            Outcome::Done(seen)
        }
        Outcome::Refused(refusal) if refusal.kind == RefusalKind::NotFound => Outcome::Refused(refusal),
        _ => resolve::perform(context, &call).await,
    };
    let operation = call.operation.clone();
    let world = context.clone();
    let (is_known, is_over, next) = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let recorded = record_outcome(tx, &world, &call, &outcome).await?;
            let (mut payment, finished) = (recorded.payment, recorded.finished);
            // The PSP has no such payment: it was made with the keys of another account.
            if finished && matches!(outcome, Outcome::Refused(_)) && is_confirmable(&payment.source) {
                free(tx, &world, &mut payment).await?;
                forget(&mut payment);
                payment.save(tx, &world).await?;
                return Ok((true, true, None));
            }
            let is_over = !is_confirmable(&payment.source);
            Ok::<_, Failure>((finished, is_over, recorded.next))
        })
        .await?;
    sync::run_follow_up(context, next).await?;
    // A call that never reached the PSP has given nothing up.
    if (is_known && is_over) || (!is_known && sync::resolve_operation(context, operation).await?) {
        return Ok(());
    }
    Err(not_given_up())
}

fn not_given_up() -> Failure {
    let message = "The order's present payment could not be given up at the gateway yet. Try again.";
    Problems::from(Problem::new(Kind::PaymentGatewayUnavailable, message))
        .retry_after(ASK_AGAIN)
        .into()
}

/// Gives up here a payment that the PSP can't cancel, unless the buyer has finished it meanwhile. `asked` is the source as it was
/// before the PSP was asked.
async fn ask_and_free(
    context: &Context,
    scope: &Scope,
    connection: &ProviderConnection,
    asked: PaymentSourceRow,
) -> Result<(), Failure> {
    let psp_id = asked.psp_id.clone().unwrap_or_default();
    let seen = match operation::retrieve(context, connection, &psp_id).await {
        Outcome::Done(snapshot) => Some(snapshot),
        Outcome::Refused(refusal) if refusal.kind == RefusalKind::NotFound => None,
        _ => return Err(not_given_up()),
    };
    let (world, scope, source_id) = (context.clone(), scope.clone(), parse_column(&asked.id)?);
    let next = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut payment = LockedPayment::lock(tx, &scope, &source_id).await?;
            if payment.source != asked {
                return Err(not_given_up());
            }
            if let Some(snapshot) = &seen {
                apply(tx, &world, &mut payment, snapshot, false).await?;
            }
            if waits_for_buyer(&payment.source) {
                free(tx, &world, &mut payment).await?;
                if seen.is_none() {
                    forget(&mut payment);
                }
            }
            let next = try_next_step(tx, &world, &mut payment, None).await?;
            payment.save(tx, &world).await?;
            Ok(next.call)
        })
        .await?;
    sync::run_follow_up(context, next).await
}

/// Frees the order of a payment that its buyer may still finish at the PSP. A late authorization is released.
async fn free(tx: &mut Tx<'_>, context: &Context, payment: &mut LockedPayment) -> Result<(), Failure> {
    if planted::is(Bug::AbandonedBlocksOrder) {
        return Ok(());
    }
    if let Some(mut pending) = payment.pending_authorization() {
        transaction::fail(context, &mut pending, &given_up());
        payment.put(tx, pending).await?;
    }
    payment.terms.given_up = true;
    payment.terms.saves_for = None;
    if payment.is_current() {
        payment.order.payment_source_type = None;
        payment.order.payment_source_id = None;
    }
    if order_status::is_placing(&payment.order) {
        order_status::transition(context, &mut payment.order, OrderEvent::GiveUpPlacing)?;
    }
    update_order(tx, context, payment).await
}

/// Stops the checks of a payment that the PSP does not have.
fn forget(payment: &mut LockedPayment) {
    payment.source.mismatch = None;
    payment.source.check_at = None;
}

/// Frees an order of a payment that was [not taken over](crate::payment::mismatch::is_unclaimed), once a merchant has checked the
/// payment at the PSP.
pub async fn disclaim(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<(), Failure> {
    free(tx, context, payment).await?;
    forget(payment);
    Ok(())
}

fn given_up() -> Decline {
    Decline {
        code: GIVEN_UP.into(),
        message: "The payment was given up before its buyer finished it.".into(),
        detail: None,
    }
}

/// Reads without a lock: most orders have no source yet, and a concurrent change is noticed under the lock later.
async fn has_confirmable_source(request: &Request, order_id: &Id) -> Result<bool, Failure> {
    let scope = request.scope();
    request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let source = query!(tx, payments::source_of_order(scope, order_id))?;
            Ok(source.is_some_and(|source| is_confirmable(&source)))
        })
        .await
}

/// How a payment is given up.
enum Begun {
    /// By a call with a committed intent, about the payment with this id at the PSP.
    Cancel(Box<PreparedCall>, String),
    /// Here, once the PSP has shown the payment's state.
    Ask(ProviderConnection, Box<PaymentSourceRow>),
}

async fn commit_intent(request: &Request, order_id: Id, reason: Reason) -> Result<Option<Begun>, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let scope = request.scope();
            let order =
                query!(tx, orders::get(scope, &order_id))?.filter(|order| access::visible(&request, order));
            let Some(source_id) = order.and_then(|order| order.payment_source_id) else {
                return Ok(None);
            };
            let mut payment = LockedPayment::lock(tx, scope, &parse_column(&source_id)?).await?;
            // The present source may be the result of this same request: a replay must not give it up.
            idempotency::end_if_known(&request, tx).await?;
            let waits =
                waits_for_buyer(&payment.source) && matches!(reason, Reason::Replaced | Reason::Detached);
            if reason == Reason::Replaced && !(waits && order_status::is_placing(&payment.order)) {
                rules::refuse_unpayable(&payment.order)?;
            }
            rules::refuse_open_call(&payment.source)?;
            if !waits || payment.ledger.held_besides(&payment.source.id) > 0 {
                rules::refuse_double_payment(&payment.ledger)?;
            }
            let confirmable = is_confirmable(&payment.source);
            let Some(psp_id) = payment.source.psp_id.clone().filter(|_| confirmable) else {
                return Ok(None);
            };
            let gateway_id = parse_column(&payment.source.payment_gateway_id)?;
            let Some(gateway) = query!(tx, payment_gateways::get(scope, &gateway_id))? else {
                return Ok(None);
            };
            let connection = ProviderConnection::of(&request.context, &gateway)?;
            if waits && !connection.gateway.cancels_waiting() {
                return Ok(Some(Begun::Ask(connection, Box::new(payment.source))));
            }
            let call = operation::cancel(tx, &request.context, &mut payment, &gateway).await?;
            payment.save(tx, &request.context).await?;
            Ok(Some(Begun::Cancel(Box::new(call), psp_id)))
        })
        .await
}
