//! State machines as data: a table of moves for each kind of thing that has states.

use tillgate_model::resources::{OrderStatus, TransactionKind};
use tillgate_store::TransactionStatus;

/// What each event makes of each state. What is not listed can't happen; a move to the same state succeeds and does
/// nothing.
pub struct Machine<State: 'static, Event: 'static>(&'static [(State, Event, State)]);

impl<State: Copy + PartialEq, Event: Copy + PartialEq> Machine<State, Event> {
    /// Where an event leads, if it can happen in a state.
    pub fn next(&self, state: State, event: Event) -> Option<State> {
        let found = self
            .0
            .iter()
            .find(|(from, what, _)| *from == state && *what == event);
        found.map(|(_, _, to)| *to)
    }

    /// The states in which an event can happen.
    pub fn sources(&self, event: Event) -> impl Iterator<Item = State> {
        self.0
            .iter()
            .filter(move |(_, what, _)| *what == event)
            .map(|(from, _, _)| *from)
    }
}

/// What happens to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum OrderEvent {
    /// It has a customer and line items.
    Complete,
    /// It lacks one of them.
    Incomplete,
    /// Its total is to be authorized, or its payment source detached.
    Authorize,
    /// Its placing waits for the PSP.
    BeginPlacing,
    /// The payment that should have placed it came to nothing.
    GiveUpPlacing,
    /// It is placed.
    Place,
    /// A payment that places its order has succeeded.
    PlaceByPayment,
    /// It is approved.
    Approve,
    /// What is authorized is captured.
    Capture,
    /// What is captured is refunded.
    Refund,
    /// All that was captured has been refunded.
    RefundInFull,
    /// It is cancelled.
    Cancel,
}

/// Orders.
pub const ORDER_MACHINE: Machine<OrderStatus, OrderEvent> = {
    use OrderEvent::{
        Approve, Authorize, BeginPlacing, Cancel, Capture, Complete, GiveUpPlacing, Incomplete, Place,
        PlaceByPayment, Refund, RefundInFull,
    };
    use OrderStatus::{Approved, Cancelled, Draft, Pending, Placed, Placing};
    Machine(&[
        (Draft, Complete, Pending),
        (Draft, Incomplete, Draft),
        (Draft, Authorize, Draft),
        (Draft, PlaceByPayment, Placed),
        (Pending, Complete, Pending),
        (Pending, Incomplete, Draft),
        (Pending, Authorize, Pending),
        (Pending, BeginPlacing, Placing),
        (Pending, GiveUpPlacing, Pending),
        (Pending, Place, Placed),
        (Pending, PlaceByPayment, Placed),
        (Placing, BeginPlacing, Placing),
        (Placing, GiveUpPlacing, Pending),
        (Placing, Place, Placed),
        (Placing, PlaceByPayment, Placed),
        (Placed, Place, Placed),
        (Placed, PlaceByPayment, Placed),
        (Placed, Approve, Approved),
        (Placed, Refund, Placed),
        (Placed, RefundInFull, Cancelled),
        (Placed, Cancel, Cancelled),
        (Approved, PlaceByPayment, Approved),
        (Approved, Approve, Approved),
        (Approved, Capture, Approved),
        (Approved, Refund, Approved),
        (Approved, RefundInFull, Cancelled),
        (Approved, Cancel, Cancelled),
        (Cancelled, Refund, Cancelled),
        (Cancelled, RefundInFull, Cancelled),
        (Cancelled, Cancel, Cancelled),
    ])
};

/// What happens to a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionEvent {
    /// It has happened at the PSP.
    Succeed,
    /// It has failed there.
    Fail,
    /// A part of it is captured.
    Capture,
    /// It is released.
    Void,
    /// A part of it is refunded.
    Refund,
}

use TransactionEvent::{Capture, Fail, Refund, Succeed, Void};
use TransactionStatus::{Failed, Pending, Succeeded};

/// Authorizations.
pub const AUTHORIZATIONS: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Succeeded, Capture, Succeeded),
    (Succeeded, Void, Succeeded),
    (Failed, Fail, Failed),
]);

/// Captures.
pub const CAPTURES: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Succeeded, Refund, Succeeded),
    (Failed, Fail, Failed),
]);

/// Voids.
pub const VOIDS: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Failed, Fail, Failed),
]);

/// Refunds. A refund can come back: the card's bank refuses it days after the PSP has called it done.
pub const REFUNDS: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Succeeded, Fail, Failed),
    (Failed, Fail, Failed),
]);

/// The machine of a kind of transactions.
pub fn of_transactions(kind: TransactionKind) -> &'static Machine<TransactionStatus, TransactionEvent> {
    match kind {
        TransactionKind::Authorizations => &AUTHORIZATIONS,
        TransactionKind::Captures => &CAPTURES,
        TransactionKind::Voids => &VOIDS,
        TransactionKind::Refunds => &REFUNDS,
    }
}

#[cfg(test)]
mod tests;
