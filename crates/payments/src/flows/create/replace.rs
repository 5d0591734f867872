//! A second payment source replaces an unconfirmed one, whose payment at the PSP is given up first: a browser could
//! confirm it at any time.

use tillgate_model::{Id, Problem, Problems, problem::Kind};
use tillgate_store::{PaymentSourceRow, Tx, query};

use crate::{
    failure::Failure,
    flows::{
        case::Case,
        create::guard,
        find_out,
        operation::{self, Attempt, Outcome},
        recover,
        settle::settle,
        state::SourceState,
    },
    idempotency,
    request::Request,
    resources::order,
    stored::word,
};

/// Why a payment is given up that could still be confirmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Another source pays the order, which must be payable then.
    Replaced,
    /// The source is deleted.
    Deleted,
    /// The source is detached from its order, even if it waits for its buyer to authenticate; otherwise that stands.
    Detached,
}

/// Commits what begins another payment of an order. If the present one is in its way, that is given up first; most orders
/// have none, which is seen under the lock that is needed anyway.
pub async fn replacing<T>(
    request: &Request,
    order_id: &Id,
    commit: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    match commit().await {
        Err(Failure::Confirmable) => {
            give_up_present_source(request, order_id, Reason::Replaced).await?;
            commit().await
        }
        outcome => outcome,
    }
}

/// Gives up the payment of the order's present source, if that has one which could still be confirmed.
pub async fn give_up_present_source(request: &Request, order_id: &Id, reason: Reason) -> Result<(), Failure> {
    let context = &request.context;
    if !has_confirmable_source(request, order_id).await? {
        return Ok(());
    }
    let Some((attempt, psp_id)) = commit_intent(request, order_id.clone(), reason).await? else {
        return Ok(());
    };
    let outcome = match operation::retrieve(context, &attempt.link, &psp_id).await {
        // The buyer has paid with it meanwhile, and we had not heard of it: that stands.
        Outcome::Done(seen) if SourceState::of(&seen).is_some_and(SourceState::holds_money) => {
            Outcome::Done(seen)
        }
        _ => find_out::perform(context, &attempt).await,
    };
    let operation = attempt.operation.clone();
    let world = context.clone();
    let (is_known, is_over, next) = context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let settled = settle(tx, &world, &attempt, &outcome).await?;
            let is_over = !is_confirmable(&settled.case.source)?;
            Ok::<_, Failure>((settled.finished, is_over, settled.next))
        })
        .await?;
    recover::pursue(context, next).await?;
    // What never reached the PSP has given nothing up.
    if (is_known && is_over) || (!is_known && recover::look_for_outcome(context, operation).await?) {
        return Ok(());
    }
    let message = "The order's present payment could not be given up at the gateway yet. Try again.";
    Err(
        Problems::from(Problem::new(Kind::PaymentGatewayUnavailable, message))
            .retry_after(super::ASK_AGAIN)
            .into(),
    )
}

/// A look without a lock: most orders have no source yet, and what comes between is seen under the lock later.
async fn has_confirmable_source(request: &Request, order_id: &Id) -> Result<bool, Failure> {
    let scope = request.scope();
    request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let source = query!(tx, payments::source_of_order(scope, order_id))?;
            source.map_or(Ok(false), |source| is_confirmable(&source))
        })
        .await
}

/// Whether a browser could still confirm the source's payment.
pub fn is_confirmable(source: &PaymentSourceRow) -> Result<bool, Failure> {
    let state: SourceState = word(&source.state)?;
    let open = matches!(
        state,
        SourceState::Unconfirmed
            | SourceState::RequiresAction
            | SourceState::Processing
            | SourceState::Failed
    );
    Ok(open && source.client_secret.is_some())
}

/// The intent, and the PSP's id of the payment that is given up.
async fn commit_intent(
    request: &Request,
    order_id: Id,
    reason: Reason,
) -> Result<Option<(Attempt, String)>, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let scope = request.scope();
            let order =
                query!(tx, orders::get(scope, &order_id))?.filter(|order| order::visible(&request, order));
            let Some(source_id) = order.and_then(|order| order.payment_source_id) else {
                return Ok(None);
            };
            let mut case = Case::lock(tx, scope, &word(&source_id)?).await?;
            // The present source may be what this very request made: a replay must not give it up.
            idempotency::end_if_known(&request, tx).await?;
            if reason == Reason::Replaced {
                guard::refuse_unpayable(&case.order)?;
            }
            guard::refuse_open_call(&case.source)?;
            let waits = case.state()? == SourceState::RequiresAction && reason == Reason::Detached;
            if !waits || case.ledger.held_besides(&case.source.id) > 0 {
                guard::refuse_double_payment(&case.ledger)?;
            }
            let confirmable = is_confirmable(&case.source)?;
            let Some(psp_id) = case.source.psp_id.clone().filter(|_| confirmable) else {
                return Ok(None);
            };
            let gateway_id = word(&case.source.payment_gateway_id)?;
            let Some(gateway) = query!(tx, payment_gateways::get(scope, &gateway_id))? else {
                return Ok(None);
            };
            let attempt = operation::cancel(tx, &request.context, &mut case, &gateway).await?;
            case.save(tx, &request.context).await?;
            Ok(Some((attempt, psp_id)))
        })
        .await
}
