//! Handles a change of an order's buyer. A payment that was made for one customer at a PSP, or may save a card for one, never
//! pays or saves for another.

use tillgate_model::{Problem, Record, resources::Order};
use tillgate_store::{OrderRow, PaymentSourceRow, SourceState, Tx, query};

use crate::{
    failure::Failure,
    payment::{
        details::{self, Details, Terms},
        rules,
    },
    planted::{self, Bug},
    providers::registry,
    request::Request,
    stored::{json, parse_column},
};

/// How an order's buyer changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// The order gets another customer, or loses its customer.
    OtherCustomer,
    /// The customer stays, or is set for the first time: a logged-in customer claims the order, or gives it up.
    Claimed,
}

fn change(request: &Request, before: &OrderRow, after: &Record<Order>) -> Option<Change> {
    let (former, next) = (before.customer_id.as_deref(), after.customer.id());
    let is_named = former.is_none() && next.is_some();
    if former.is_some() && former != next.map(tillgate_model::Id::as_str) {
        Some(Change::OtherCustomer)
    } else if (before.guest != after.guest && (request.caller.buyer().is_some() || after.guest))
        || (is_named && request.caller.customer_id.is_some())
    {
        Some(Change::Claimed)
    } else {
        None
    }
}

/// Takes an order's payment away from its former buyer, if the order gets another one. Refuses this while money of the former
/// buyer is held or a call is open; [`Failure::Confirmable`] if a payment must first be given up at the PSP. `pointer` leads to
/// the attribute that changes the buyer.
pub async fn apply(
    tx: &mut Tx<'_>,
    request: &Request,
    before: &OrderRow,
    after: &mut Record<Order>,
    pointer: &str,
) -> Result<(), Failure> {
    let Some(change) = change(request, before, after) else {
        return Ok(());
    };
    let Some(source_id) = &before.payment_source_id else {
        return Ok(());
    };
    let source = query!(
        tx,
        payment_sources::get(request.scope(), &parse_column(source_id)?)
    )?;
    let Some(mut source) = source.filter(|source| registry::of_source(*source.kind).capabilities().has_psp())
    else {
        return Ok(());
    };
    let mut details: Details = json(&source.details)?;
    if change == Change::OtherCustomer
        && is_bound(&source, &details.terms)
        && !planted::is(Bug::BuyerChangeKeepsIntent)
    {
        refuse_while_undecided(&source, pointer)?;
        if rules::is_confirmable(&source) {
            return Err(Failure::Confirmable);
        }
        after.payment_source = tillgate_model::ToOne::empty();
    }
    if !planted::is(Bug::BuyerChangeKeepsIntent) {
        details.terms.saves_for = None;
        details.terms.buyer_changed = true;
        source.details = details::stored(&details.terms, &details.display);
        query!(tx, payment_sources::save(&source))?;
    }
    Ok(())
}

/// Whether the payment at the PSP belongs to a certain customer, or may save the card that pays.
fn is_bound(source: &PaymentSourceRow, terms: &Terms) -> bool {
    let is_at_psp = source.psp_id.is_some() || source.pending_operation_id.is_some();
    is_at_psp && registry::of_source(*source.kind).is_bound_to_buyer(terms)
}

fn refuse_while_undecided(source: &PaymentSourceRow, pointer: &str) -> Result<(), Failure> {
    let (rule, message) = match source.state {
        _ if source.pending_operation_id.is_some() => (
            "payment_pending",
            "can't be changed while the outcome of the order's payment is not known",
        ),
        SourceState::RequiresAction | SourceState::Processing => (
            "payment_pending",
            "can't be changed while a payment of the present customer is in progress; send _nullify_payment_source to give it up",
        ),
        SourceState::Authorized | SourceState::Captured => (
            "already_paid",
            "can't be changed: the present customer has paid the order, and the payment gateway keeps the payment for them",
        ),
        _ => return Ok(()),
    };
    Err(Problem::invalid(pointer, rule, message)
        .meta("state", source.state.to_string())
        .into())
}
