//! `DELETE` of a payment source, which must have moved no money. Its payment at the PSP is given up first.

use tillgate_model::{Id, Problem, problem::Kind};
use tillgate_store::{SourceState, Tx, query};

use crate::{
    call::ApplicationKind,
    engine::replace,
    failure::Failure,
    handler::Kept,
    payment::{access, locked::LockedPayment, order_status, rules},
    providers::sources::SourceResource,
    request::Request,
    stored::parse_column,
};

/// Deletes a payment source of a kind. A condition (`If-Match`) is judged before its payment is given up at the PSP, which
/// changes it.
pub async fn source<R: Kept + SourceResource>(request: &Request, id: &Id) -> Result<(), Failure> {
    if let Some(order_id) = check::<R>(request, id).await? {
        let given_up = replace::give_up_present_source(request, &order_id, replace::Reason::Deleted).await;
        given_up.map_err(in_time)?;
    }
    let (request, context, id) = (request.clone(), request.context.clone(), id.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let mut payment = lock::<R>(tx, &request, &id).await?;
            let waits = matches!(
                payment.source.state,
                SourceState::RequiresAction | SourceState::Processing
            );
            let is_open = waits || rules::is_confirmable(&payment.source);
            if is_open || payment.authorizations().next().is_some() {
                return Err(locked());
            }
            if payment.is_current() {
                payment.order.payment_source_type = None;
                payment.order.payment_source_id = None;
            }
            payment.save(tx, &request.context).await?;
            query!(tx, wallet::forget_payment_source(&payment.scope, &id))?;
            query!(tx, payment_sources::delete(&payment.scope, &id))?;
            Ok(())
        })
        .await
}

/// Refuses an impossible deletion before anything is given up at the PSP. Answers the order, if it is the present source of one.
async fn check<R: Kept + SourceResource>(request: &Request, id: &Id) -> Result<Option<Id>, Failure> {
    let (request, context, id) = (request.clone(), request.context.clone(), id.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let payment = lock::<R>(tx, &request, &id).await?;
            request.require_match_of::<R>(tx, &id).await?;
            if payment.source.pending_operation_id.is_some() || payment.authorizations().next().is_some() {
                return Err(locked());
            }
            if !payment.is_current()
                && !matches!(payment.source.state, SourceState::New | SourceState::Canceled)
            {
                return Err(locked());
            }
            let order_id = parse_column(&payment.order.id)?;
            Ok(payment.is_current().then_some(order_id))
        })
        .await
}

async fn lock<R: Kept + SourceResource>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
) -> Result<LockedPayment, Failure> {
    let payment = LockedPayment::lock(tx, request.scope(), id).await?;
    if payment.source.kind != R::SOURCE_TYPE || !access::visible(request, &payment.order) {
        return Err(Problem::not_found().into());
    }
    if request.caller.kind == ApplicationKind::SalesChannel
        && !order_status::is_editable(*payment.order.status)
    {
        let message = "A sales channel can't delete the payment of an order that was placed.";
        return Err(Problem::new(Kind::Forbidden, message).into());
    }
    Ok(payment)
}

/// Turns a refusal after the check, such as another request's open call, into the check's refusal.
fn in_time(failure: Failure) -> Failure {
    match failure {
        Failure::Problems(problems) if problems.status() == 422 => locked(),
        other => other,
    }
}

fn locked() -> Failure {
    let message = "A payment source with transactions, or whose outcome is not known, can't be deleted.";
    Problem::new(Kind::Locked, message).into()
}
