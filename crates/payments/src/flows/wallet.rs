//! The wallet: cards that customers have saved at the PSPs.
//!
//! A card is saved by the payment that it is first used for: the PSP keeps it for its customer when that succeeds, so that
//! saving is part of the commit that records the success, and can't be lost on its own. It pays orders of its customer
//! only, and is removed at the PSP too.

mod attach;
mod available;
mod cards;
mod choose;
mod customer;
mod editor;
pub mod gone;
mod keep;
mod recover;
mod remove;
mod save;

pub use attach::attach_if_needed;
pub use available::available;
pub use cards::Cards;
pub use choose::choose;
pub use customer::{ensure_customer, psp_customer};
pub use editor::WalletEditor;
pub use keep::{display_name, keep, reusable_token};
pub use recover::{make_all_due, run_due};
pub use remove::remove;
pub use save::{prepare, save};

use tillgate_model::{Id, Problem, Secret};
use tillgate_store::{CardState, CustomerPaymentSourceRow, OrderRow, Scope, StoreError, Tx, query};

use super::case::Case;
use crate::{
    call::ApplicationKind,
    context::Context,
    failure::Failure,
    planted::{self, Bug},
    request::Request,
    resources::customer_payment_source::{hash_token, token},
    stored::word,
};

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

fn is_of(row: &CustomerPaymentSourceRow, order: &OrderRow) -> bool {
    order.customer_id.as_ref() == Some(&row.customer_id) || planted::is(Bug::AnybodysCard)
}

fn saved(context: &Context, row: &CustomerPaymentSourceRow) -> Result<Option<SavedCard>, Failure> {
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

/// The same for a card that must be there.
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
pub async fn chosen(tx: &mut Tx<'_>, context: &Context, case: &Case) -> Result<Option<SavedCard>, Failure> {
    let Some(id) = &case.details.customer_payment_source_id else {
        return Ok(None);
    };
    let id: Id = word(id)?;
    let row = query!(tx, customer_payment_sources::get(&case.scope, &id))?;
    let usable = row.filter(|row| {
        is_active(row)
            && is_of(row, &case.order)
            && row.payment_gateway_id.as_ref() == Some(&case.source.payment_gateway_id)
    });
    match usable {
        Some(row) => saved(context, &row),
        None => Ok(None),
    }
}

/// The same for an attempt to pay, which needs it.
pub async fn chosen_or_refuse(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    pointer: &str,
) -> Result<Option<SavedCard>, Failure> {
    let card = chosen(tx, context, case).await?;
    if card.is_none() && case.details.customer_payment_source_id.is_some() {
        let message =
            "can't be done: the saved card was removed, or is another customer's; choose another one";
        return Err(Problem::invalid(pointer, "not_owned", message).into());
    }
    Ok(card)
}
