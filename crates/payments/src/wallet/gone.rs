//! Forgets stored ids of cards and customers as soon as the PSP refuses them: they may be deleted there, or belong to another
//! account.

use tillgate_gateways::{InstrumentOutcome, Missing};
use tillgate_model::Id;
use tillgate_store::{CustomerPaymentSourceRow, PaymentSourceRow, Scope, Tx, query};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        cards::{hash_token, is_active, token},
        details::{Details, Terms},
        locked::LockedPayment,
    },
    planted::{self, Bug},
    providers::{operation::PreparedCall, registry},
    stored::{json, parse_column},
    wallet::attach::{CardOutcome, ask},
};

/// An object that the PSP does not have.
pub enum Gone {
    /// The saved card that the attempt charges.
    Card(Box<CustomerPaymentSourceRow>),
    /// The customer that the card would be saved for.
    Customer(String),
}

/// Finds the missing object that a refused attempt has named. `card_token` is the saved card that the request names, if the
/// source does not have it.
pub async fn look(
    context: &Context,
    call: &PreparedCall,
    missing: Missing,
    card_token: Option<&str>,
) -> Result<Option<Gone>, Failure> {
    let scope = &call.scope;
    let source_id: Id = parse_column(&call.operation.payment_source_id)?;
    let found: Option<(Terms, Option<CustomerPaymentSourceRow>)> = context
        .db
        .read(async |tx: &mut Tx<'_>| {
            let Some(source) = query!(tx, payment_sources::get(scope, &source_id))? else {
                return Ok::<_, Failure>(None);
            };
            let Details { terms, .. } = json(&source.details)?;
            let card = charged_card(tx, context, scope, &source, &terms, card_token).await?;
            Ok(Some((terms, card.filter(is_active))))
        })
        .await?;
    let Some((terms, card)) = found else {
        return Ok(None);
    };
    if let Some(card) = card {
        let Some(token) = token(context, &card)? else {
            return Ok(None);
        };
        let request = call.connection.gateway.retrieve_instrument(token.expose())?;
        return Ok(match ask(context, &call.connection, &request, false).await {
            CardOutcome::Seen(InstrumentOutcome::Gone) => Some(Gone::Card(Box::new(card))),
            _ => None,
        });
    }
    Ok(terms
        .psp_customer
        .filter(|_| missing == Missing::Customer)
        .map(Gone::Customer))
}

/// The saved card that an attempt charges, if it charges one.
async fn charged_card(
    tx: &mut Tx<'_>,
    context: &Context,
    scope: &Scope,
    source: &PaymentSourceRow,
    terms: &Terms,
    given: Option<&str>,
) -> Result<Option<CustomerPaymentSourceRow>, Failure> {
    if let Some(id) = &terms.customer_payment_source_id {
        return Ok(query!(
            tx,
            customer_payment_sources::get(scope, &parse_column(id)?)
        )?);
    }
    let of_source = registry::of_source(*source.kind).named_card(context, source, terms)?;
    let Some(token) = given.map(str::to_owned).or(of_source) else {
        return Ok(None);
    };
    let hash = hash_token(context, &token);
    Ok(query!(
        tx,
        wallet::by_token(scope, &source.payment_gateway_id, &hash)
    )?)
}

/// Forgets the missing object. The caller saves the payment.
pub async fn forget(tx: &mut Tx<'_>, payment: &mut LockedPayment, gone: &Gone) -> Result<(), Failure> {
    if planted::is(Bug::GoneCustomerKept) {
        return Ok(());
    }
    let gateway_id = payment.source.payment_gateway_id.clone();
    let psp_customer = match gone {
        Gone::Card(card) => {
            tracing::warn!(
                card = card.id,
                "a saved card is gone at the payment gateway, and is forgotten"
            );
            query!(
                tx,
                customer_payment_sources::delete(&payment.scope, &parse_column(&card.id)?)
            )?;
            None
        }
        Gone::Customer(psp_id) => Some(psp_id),
    };
    if let Some(psp_id) = psp_customer {
        forget_customer(
            tx,
            &payment.scope,
            payment.order.customer_id.as_deref(),
            &gateway_id,
            psp_id,
        )
        .await?;
        payment.terms.psp_customer.take_if(|known| known == psp_id);
    }
    Ok(())
}

/// Forgets a customer at a PSP, unless another one was created meanwhile. The next payment that needs one creates it again.
pub async fn forget_customer(
    tx: &mut Tx<'_>,
    scope: &Scope,
    customer_id: Option<&str>,
    gateway_id: &str,
    psp_id: &str,
) -> Result<(), Failure> {
    let Some(customer_id) = customer_id else {
        return Ok(());
    };
    let known = query!(tx, wallet::customer_at_gateway(scope, customer_id, gateway_id))?;
    if let Some(row) = known.filter(|row| row.psp_id.as_deref() == Some(psp_id)) {
        tracing::warn!(
            customer = customer_id,
            "a customer is gone at the payment gateway, and is forgotten"
        );
        query!(tx, gateway_customers::delete(scope, &parse_column(&row.id)?))?;
    }
    Ok(())
}
