//! Removing a card, here and at the PSP.
//!
//! From the commit of the intent on nobody sees or uses the card. If nothing reaches the PSP, the card is put back and the
//! caller told that nothing was done: they still have it, and can try again. If it is not known what the PSP did, the card
//! stays away, because it may be gone there, and removing it is tried until that is certain. So there is never one that
//! is offered here and gone there, nor one that was said to be removed and can be charged.

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

/// Removes a card; that of anybody but `owner` is not found, if one is given.
pub async fn remove<R: Kept>(request: &Request, id: &Id, owner: Option<&Id>) -> Result<(), Failure> {
    let context = &request.context;
    let Some(call) = commit_intent::<R>(request, id.clone(), owner.cloned()).await? else {
        return Ok(());
    };
    let outcome = ask(context, &call.connection, &call.request, false).await;
    // Stripe refuses to detach what is not attached: how the card stands is asked for.
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

/// The intent, unless there is no PSP that keeps the card: then it is gone with this.
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
                // What is no identifier of a PSP names nothing there.
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
