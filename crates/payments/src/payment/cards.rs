//! Saved cards: whose they are, and who may charge them.

use tillgate_model::{Id, Problem, Secret};
use tillgate_store::{CardState, CustomerPaymentSourceRow, OrderRow, Scope, StoreError, Tx, query};

use crate::{
    call::ApplicationKind,
    context::Context,
    failure::Failure,
    payment::locked::LockedPayment,
    planted::{self, Bug},
    request::Request,
    stored::parse_column,
};

/// What tokens are sealed and hashed as.
const TOKEN: &str = "customer_payment_sources.token";

/// Encrypts a token.
pub fn seal_token(context: &Context, token: &str) -> String {
    context.cipher.seal(&*context.entropy, TOKEN, token)
}

/// What a token is found by.
pub fn hash_token(context: &Context, token: &str) -> String {
    context.cipher.keyed_hash(TOKEN, token)
}

/// Decrypts the token of a card, if it has one.
pub fn token(context: &Context, row: &CustomerPaymentSourceRow) -> Result<Option<Secret>, Failure> {
    let open = |sealed: &String| context.cipher.open(TOKEN, sealed).map(Secret::new);
    Ok(row.token.as_ref().map(open).transpose()?)
}

/// Whether a card can be used.
pub fn is_active(row: &CustomerPaymentSourceRow) -> bool {
    row.state == CardState::Active
}

/// The cards of a customer that can be used, oldest first.
pub async fn cards_of(
    tx: &mut Tx<'_>,
    scope: &Scope,
    customer_id: &str,
) -> Result<Vec<CustomerPaymentSourceRow>, StoreError> {
    query!(tx, wallet::of_customer(scope, customer_id, CardState::Active))
}

/// What a PSP needs to charge a saved card.
pub struct SavedCard {
    /// The PSP's id of it.
    pub token: String,
    /// The PSP's customer that it belongs to.
    pub customer_token: Option<String>,
    /// The PSP's id of the payment that it was first used for.
    pub first_psp_id: Option<String>,
}

/// Whether a caller may use the saved cards of an order's customer: the merchant may, and the customer who has logged in. By
/// an e-mail address, a guest could name anybody.
pub fn may_use(request: &Request, order: &OrderRow) -> bool {
    let own = request.caller.customer_id.as_ref();
    let is_own = own.is_some_and(|own| order.customer_id.as_deref() == Some(own.as_str()));
    request.caller.kind == ApplicationKind::Integration || is_own
}

/// Whether a caller may save the card that an order is paid with for the order's customer. What a guest pays with stays out of
/// the wallet of whoever has an account for the address that the guest gave.
pub fn may_save(request: &Request, order: &OrderRow) -> bool {
    request.caller.kind == ApplicationKind::Integration || (may_use(request, order) && !order.guest)
}

pub fn is_of(row: &CustomerPaymentSourceRow, order: &OrderRow) -> bool {
    order.customer_id.as_ref() == Some(&row.customer_id) || planted::is(Bug::AnybodysCard)
}

/// What a PSP needs to charge a card, unless the card has no token.
pub fn saved(context: &Context, row: &CustomerPaymentSourceRow) -> Result<Option<SavedCard>, Failure> {
    let token = token(context, row)?
        .as_ref()
        .map(Secret::expose)
        .map(str::to_owned);
    Ok(token.map(|token| SavedCard {
        token,
        customer_token: row.customer_token.clone(),
        first_psp_id: row.first_psp_id.clone(),
    }))
}

/// The card with a token at a gateway, if the order's customer has saved it; nothing if nobody has. A card of somebody
/// else is refused.
pub async fn card_of(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    gateway_id: &str,
    token: &str,
    pointer: &str,
) -> Result<Option<SavedCard>, Failure> {
    let hash = hash_token(&request.context, token);
    let known = query!(tx, wallet::by_token(request.scope(), gateway_id, &hash))?;
    match known {
        None => Ok(None),
        Some(row) if is_active(&row) && is_of(&row, order) && may_use(request, order) => {
            saved(&request.context, &row)
        }
        Some(_) => Err(not_the_customers(pointer).into()),
    }
}

/// The card with a token at a gateway, which must be there.
pub async fn own_card(
    tx: &mut Tx<'_>,
    request: &Request,
    order: &OrderRow,
    gateway_id: &str,
    token: &str,
    pointer: &str,
) -> Result<SavedCard, Failure> {
    let card = card_of(tx, request, order, gateway_id, token, pointer).await?;
    Ok(card.ok_or_else(|| not_the_customers(pointer))?)
}

/// Whether a PSP's customer is the order's, as their saved cards or we ourselves have it.
pub async fn is_psp_customer(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
    gateway_id: &str,
    psp_id: &str,
) -> Result<bool, Failure> {
    let Some(customer_id) = &order.customer_id else {
        return Ok(false);
    };
    if psp_customer(tx, scope, order, gateway_id).await?.as_deref() == Some(psp_id) {
        return Ok(true);
    }
    let cards = cards_of(tx, scope, customer_id).await?;
    Ok(cards.iter().any(|card| {
        card.payment_gateway_id.as_deref() == Some(gateway_id)
            && card.customer_token.as_deref() == Some(psp_id)
    }))
}

/// What a caller is told of a card that is not the customer's, is not there, or that the caller may not use: the same, so
/// that nobody learns what others have saved.
pub fn not_the_customers(pointer: &str) -> Problem {
    let message = "is not saved for the order's customer, or the application may not use it";
    Problem::invalid(pointer, "not_owned", message)
}

/// The saved card that a payment source was made to charge, looked up each time: it may have been removed since. Nothing
/// if the source is paid with something else.
pub async fn chosen(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &LockedPayment,
) -> Result<Option<SavedCard>, Failure> {
    let Some(id) = &payment.terms.customer_payment_source_id else {
        return Ok(None);
    };
    let id: Id = parse_column(id)?;
    let row = query!(tx, customer_payment_sources::get(&payment.scope, &id))?;
    let usable = row.filter(|row| {
        is_active(row)
            && is_of(row, &payment.order)
            && row.payment_gateway_id.as_ref() == Some(&payment.source.payment_gateway_id)
    });
    match usable {
        Some(row) => saved(context, &row),
        None => Ok(None),
    }
}

/// The saved card that an attempt to pay needs.
pub async fn chosen_or_refuse(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &LockedPayment,
    pointer: &str,
) -> Result<Option<SavedCard>, Failure> {
    let card = chosen(tx, context, payment).await?;
    if card.is_none() && payment.terms.customer_payment_source_id.is_some() {
        let message =
            "can't be done: the saved card was removed, or is another customer's; choose another one";
        return Err(Problem::invalid(pointer, "not_owned", message).into());
    }
    Ok(card)
}

/// A customer sees their own cards, while they can be used.
pub fn visible(request: &Request, row: &CustomerPaymentSourceRow) -> bool {
    let own = request.caller.customer_id.as_ref();
    is_active(row) && own.is_none_or(|own| own.as_str() == row.customer_id)
}

/// The PSP's id of an order's customer, if there is one.
pub async fn psp_customer(
    tx: &mut Tx<'_>,
    scope: &Scope,
    order: &OrderRow,
    gateway_id: &str,
) -> Result<Option<String>, Failure> {
    let Some(customer_id) = &order.customer_id else {
        return Ok(None);
    };
    let known = query!(tx, wallet::customer_at_gateway(scope, customer_id, gateway_id))?;
    Ok(known.and_then(|row| row.psp_id))
}
