//! Attaches a card to its customer at the PSP, for a payment that was made for later use before its customer was known.
//!
//! Attaching is idempotent. Its request is sent again at any age, if the PSP shows that it has not happened.

use tillgate_gateways::{InstrumentOutcome, Missing, PspRequest, Reuse, TransportError};
use tillgate_model::Id;
use tillgate_store::{CardState, CustomerPaymentSourceRow, Scope, Tx, query};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        access,
        cards::{hash_token, may_save, psp_customer},
        locked::{LockedPayment, gateway_of},
        state::SourceStateRules as _,
    },
    planted::{self, Bug},
    providers::{
        connection::ProviderConnection,
        operation::{lease, send},
        refusal::unavailable,
        sealed_request,
    },
    request::Request,
    stored::{parse_column, stored_time},
    wallet::{
        gone,
        keep::{new_card, token_of},
        prepare, recover,
    },
};

/// The context that requests are sealed under.
const PURPOSE: &str = "customer_payment_sources.request";

/// A committed intent to attach or remove a card.
pub struct CardCall {
    /// The card.
    pub row: CustomerPaymentSourceRow,
    /// The exact request.
    pub request: PspRequest,
    /// The connection to the PSP.
    pub connection: ProviderConnection,
}

/// The end of a call about a card.
pub enum CardOutcome {
    /// The PSP's answer.
    Seen(InstrumentOutcome),
    /// Nothing reached the PSP.
    NotSent,
}

/// Stores a request with its card, which waits for the answer as long as a request may take.
pub fn with_request(
    context: &Context,
    row: CustomerPaymentSourceRow,
    request: &PspRequest,
    state: CardState,
) -> CustomerPaymentSourceRow {
    let now = context.now();
    CustomerPaymentSourceRow {
        state,
        request: Some(sealed_request::seal(context, PURPOSE, request)),
        attempts: 0,
        next_attempt_at: Some(stored_time(lease(context, now))),
        updated_at: stored_time(now),
        ..row
    }
}

/// The open request of a card.
pub fn stored_request(
    context: &Context,
    row: &CustomerPaymentSourceRow,
) -> Result<Option<PspRequest>, Failure> {
    let open = |sealed: &String| sealed_request::open(context, PURPOSE, sealed);
    row.request.as_ref().map(open).transpose()
}

/// Sends a request about an instrument and reads the answer.
pub async fn ask(
    context: &Context,
    connection: &ProviderConnection,
    request: &PspRequest,
    resending: bool,
) -> CardOutcome {
    match send(context, connection, request, resending).await {
        Ok(response) => CardOutcome::Seen(connection.gateway.read_instrument(request, &response)),
        Err(TransportError::NotSent(_)) => CardOutcome::NotSent,
        Err(TransportError::Unknown(reason)) => CardOutcome::Seen(InstrumentOutcome::Unknown(reason)),
    }
}

/// Attaches a card that the PSP only keeps when attached. This runs before the order's long lock.
pub async fn attach_if_needed(request: &Request, order_id: &Id) -> Result<(), Failure> {
    if attach(request, order_id).await? == Attached::CustomerGone {
        // The customer was forgotten: make another one.
        prepare(request, order_id).await?;
        attach(request, order_id).await?;
    }
    Ok(())
}

/// The result of attaching a card.
#[derive(PartialEq, Eq)]
enum Attached {
    /// The card is attached, needs no call, or is still being attached.
    Done,
    /// The PSP no longer has the customer.
    CustomerGone,
}

async fn attach(request: &Request, order_id: &Id) -> Result<Attached, Failure> {
    let context = &request.context;
    let Some(call) = commit_intent(request, order_id.clone()).await? else {
        return Ok(Attached::Done);
    };
    let outcome = ask(context, &call.connection, &call.request, false).await;
    let is_unreached = matches!(outcome, CardOutcome::NotSent);
    let is_gone = matches!(
        &outcome,
        CardOutcome::Seen(InstrumentOutcome::Refused(refusal)) if refusal.missing == Some(Missing::Customer)
    );
    recover::record(context, &call.row, outcome).await?;
    if is_unreached {
        return Err(unavailable().into());
    }
    if is_gone && !planted::is(Bug::GoneCustomerKept) {
        forget(context, call.row).await?;
        return Ok(Attached::CustomerGone);
    }
    Ok(Attached::Done)
}

async fn forget(context: &Context, row: CustomerPaymentSourceRow) -> Result<(), Failure> {
    let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let gateway_id = row.payment_gateway_id.as_deref().unwrap_or_default();
            let psp_id = row.customer_token.as_deref().unwrap_or_default();
            gone::forget_customer(tx, &scope, Some(&row.customer_id), gateway_id, psp_id).await
        })
        .await
}

async fn commit_intent(request: &Request, order_id: Id) -> Result<Option<CardCall>, Failure> {
    let (request, context) = (request.clone(), request.context.clone());
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let scope: &Scope = request.scope();
            let order = query!(tx, orders::get(scope, &order_id))?
                .filter(|order| access::visible(&request, order) && may_save(&request, order));
            let Some(source_id) = order.and_then(|order| order.payment_source_id) else {
                return Ok(None);
            };
            let payment = LockedPayment::lock(tx, scope, &parse_column(&source_id)?).await?;
            let waits = payment.terms.reuse == Reuse::OnceAttached
                && !payment.terms.buyer_changed
                && payment.source.state.holds_money();
            let gateway_id = &payment.source.payment_gateway_id;
            let psp_customer = psp_customer(tx, scope, &payment.order, gateway_id).await?;
            let (Some(customer_id), Some(psp_customer), Some(token), true) = (
                payment.order.customer_id.clone(),
                psp_customer,
                token_of(&payment.terms),
                waits,
            ) else {
                return Ok(None);
            };
            let hash = hash_token(&request.context, token);
            if query!(tx, wallet::by_token(scope, gateway_id, &hash))?.is_some() {
                return Ok(None);
            }
            let connection = ProviderConnection::of(&request.context, &gateway_of(tx, &payment).await?)?;
            let row = new_card(&request.context, &payment, customer_id, token);
            let key = format!("tillgate-{}-attach", row.id);
            let psp_request = connection.gateway.attach_instrument(token, &psp_customer, &key)?;
            let row = CustomerPaymentSourceRow {
                customer_token: Some(psp_customer),
                ..with_request(&request.context, row, &psp_request, CardState::Saving)
            };
            query!(tx, customer_payment_sources::insert(&row))?;
            Ok::<_, Failure>(Some(CardCall {
                row,
                request: psp_request,
                connection,
            }))
        })
        .await
}
