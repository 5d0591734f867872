//! Rules for who sees an order, and with it the payments of the order.

use tillgate_store::AnyOrder;

use crate::{request::Request, seen::BEING_BOUGHT};

/// A sales channel sees orders of its market only. A guest sees guests' orders up to the status `placed`. A customer sees all of
/// their own orders and, up to that status, guests' orders without a customer or under the customer's address.
pub fn visible(request: &Request, order: &impl AnyOrder) -> bool {
    let caller = &request.caller;
    let market = caller.market_id.as_ref();
    let of_its_market = market.is_some_and(|market| market.as_str() == order.market_id());
    let being_bought = BEING_BOUGHT.contains(&order.status());
    let of_guest = order.guest() && being_bought;
    let seen = match (&caller.customer_id, order.customer_id()) {
        (None, _) | (Some(_), None) => of_guest,
        (Some(own), Some(of)) => own.as_str() == of && (of_guest || !order.guest()),
    };
    caller.buyer().is_none() || (of_its_market && seen)
}
