//! Saved cards: their owners, and the callers who may charge them.

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

/// The context that tokens are sealed and hashed under.
const TOKEN: &str = "customer_payment_sources.token";

/// Encrypts a token.
pub fn seal_token(context: &Context, token: &str) -> String {
    context.cipher.seal(&*context.entropy, TOKEN, token)
}

/// The keyed hash that a token is found by.
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

/// The data that a PSP needs to charge a saved card.
pub struct SavedCard {
    /// The PSP's id of the card.
    pub token: String,
    /// The PSP's customer that the card belongs to.
    pub customer_token: Option<String>,
    /// The PSP's id of the payment that first used the card.
    pub first_psp_id: Option<String>,
}

/// Whether a caller may use the saved cards of an order's customer: the merchant may, and the customer who has logged in. A guest
/// may not, because an e-mail address could name anyone.
pub fn may_use(request: &Request, order: &OrderRow) -> bool {
    let own = request.caller.customer_id.as_ref();
    let is_own = own.is_some_and(|own| order.customer_id.as_deref() == Some(own.as_str()));
    request.caller.kind == ApplicationKind::Integration || is_own
}

/// Whether a caller may save the card that pays an order for the order's customer. A guest's card stays out of the wallet of a
/// customer whose address the guest gave.
pub fn may_save(request: &Request, order: &OrderRow) -> bool {
    request.caller.kind == ApplicationKind::Integration || (may_use(request, order) && !order.guest)
}

pub fn is_of(row: &CustomerPaymentSourceRow, order: &OrderRow) -> bool {
    order.customer_id.as_ref() == Some(&row.customer_id) || planted::is(Bug::AnybodysCard)
}

/// The data that a PSP needs to charge a card, unless the card has no token.
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

/// The card with a token at a gateway, if the order's customer has saved it; `None` if nobody has. Refuses another customer's
/// card.
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

/// The card with a token at a gateway. Refuses a token that is not saved.
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

/// Whether a PSP's customer is the order's customer, by their saved cards or by our record of the PSP's customers.
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

/// The problem for a card that is another customer's, does not exist, or may not be used by the caller. It is one text for all,
/// so nobody learns which cards others have saved.
pub fn not_the_customers(pointer: &str) -> Problem {
    let message = "is not saved for the order's customer, or the application may not use it";
    Problem::invalid(pointer, "not_owned", message)
}

/// The saved card that a payment source charges, looked up each time because it may have been removed. `None` if the source has
/// another instrument.
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

/// The saved card that an attempt to pay needs. Refuses the attempt if the card was removed.
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

/// Whether a caller sees a saved card: a customer sees their own, as long as the cards are active.
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
