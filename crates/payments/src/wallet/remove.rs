//! Removes a card, here and at the PSP.
//!
//! From the commit of the intent on, nobody can see or use the card. If the request does not reach the PSP, the card is put back
//! and the caller gets an error: nothing was done, and they can try again. If the outcome is unknown, the card stays hidden,
//! because it may be gone there, and the removal is repeated until it is certain. So no card is offered here and gone there, and
//! no card that was reported as removed can be charged.

use tillgate_gateways::InstrumentOutcome;
use tillgate_model::{Id, Problem};
use tillgate_store::{CardState, Tx, query};

use crate::{
    failure::Failure,
    handler::Kept,
    payment::cards::{is_active, token},
    providers::{connection::ProviderConnection, refusal::unavailable, registry},
    request::Request,
    stored::parse_column,
    wallet::{
        attach::{CardCall, CardOutcome, ask, with_request},
        recover,
    },
};

/// Removes a card. With an `owner`, only the owner's card is found.
pub async fn remove<R: Kept>(request: &Request, id: &Id, owner: Option<&Id>) -> Result<(), Failure> {
    let context = &request.context;
    let Some(call) = commit_intent::<R>(request, id.clone(), owner.cloned()).await? else {
        return Ok(());
    };
    let outcome = ask(context, &call.connection, &call.request, false).await;
    // Stripe refuses to detach a card that is not attached: ask for the card's state.
    let outcome = match outcome {
        CardOutcome::Seen(InstrumentOutcome::Refused(refusal)) if !recover::is_about_keys(&refusal) => {
            recover::resolve(context, &call.row).await?
        }
        other => other,
    };
    let is_undone = match &outcome {
        CardOutcome::NotSent => true,
        CardOutcome::Seen(InstrumentOutcome::Refused(refusal)) => recover::is_about_keys(refusal),
        CardOutcome::Seen(_) => false,
    };
    recover::record(context, &call.row, outcome).await?;
    if is_undone {
        return Err(unavailable().into());
    }
    Ok(())
}

/// Commits the intent, unless no PSP keeps the card: then this removes it.
async fn commit_intent<R: Kept>(
    request: &Request,
    id: Id,
    owner: Option<Id>,
) -> Result<Option<CardCall>, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let scope = request.scope();
            let row = query!(tx, customer_payment_sources::lock(scope, &id))?
                .filter(is_active)
                .filter(|row| owner.is_none_or(|owner| row.customer_id == owner.as_str()))
                .ok_or_else(Problem::not_found)?;
            request.require_match_of::<R>(tx, &id).await?;
            let gateway = match &row.payment_gateway_id {
                Some(gateway_id) => query!(tx, payment_gateways::get(scope, &parse_column(gateway_id)?))?,
                None => None,
            };
            let gateway =
                gateway.filter(|gateway| registry::of_gateway(*gateway.kind).capabilities().has_psp());
            if let (Some(gateway), Some(token)) = (gateway, token(&request.context, &row)?) {
                let connection = ProviderConnection::of(&request.context, &gateway)?;
                let key = format!("tillgate-{}-remove", row.id);
                // A malformed identifier can't exist at the PSP.
                if let Ok(psp_request) = connection.gateway.remove_instrument(token.expose(), &key) {
                    let row = with_request(&request.context, row, &psp_request, CardState::Removing);
                    query!(tx, customer_payment_sources::save(&row))?;
                    return Ok(Some(CardCall {
                        row,
                        request: psp_request,
                        connection,
                    }));
                }
            }
            query!(tx, customer_payment_sources::delete(scope, &id))?;
            Ok::<_, Failure>(None)
        })
        .await
}
