//! State machines as data: one table of moves for each kind of thing that has states.

use tillgate_model::resources::{OrderStatus, TransactionKind};
use tillgate_store::TransactionStatus;

/// The state after each event in each state. A pair that is not listed can't happen; a move to the same state succeeds and
/// changes nothing.
pub struct Machine<State: 'static, Event: 'static>(&'static [(State, Event, State)]);

impl<State: Copy + PartialEq, Event: Copy + PartialEq> Machine<State, Event> {
    /// The state that an event leads to, if it can happen.
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

/// Events of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum OrderEvent {
    /// The order has a customer and line items.
    Complete,
    /// The order lacks a customer or line items.
    Incomplete,
    /// Its total is about to be authorized, or its payment source detached.
    Authorize,
    /// Its placing waits for the PSP.
    BeginPlacing,
    /// The payment that should have placed the order has failed.
    GiveUpPlacing,
    /// The order is placed.
    Place,
    /// A payment that places its order has succeeded.
    PlaceByPayment,
    /// The order is approved.
    Approve,
    /// Its authorizations are captured.
    Capture,
    /// Its captures are refunded.
    Refund,
    /// All of its captures have been refunded.
    RefundInFull,
    /// The order is cancelled.
    Cancel,
}

/// Moves of orders.
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

/// Events of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionEvent {
    /// The PSP has carried it out.
    Succeed,
    /// The PSP has refused it, or it failed there.
    Fail,
    /// A part of an authorization is captured.
    Capture,
    /// An authorization is released.
    Void,
    /// A part of a capture is refunded.
    Refund,
}

use TransactionEvent::{Capture, Fail, Refund, Succeed, Void};
use TransactionStatus::{Failed, Pending, Succeeded};

/// Moves of authorizations.
pub const AUTHORIZATIONS: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Succeeded, Capture, Succeeded),
    (Succeeded, Void, Succeeded),
    (Failed, Fail, Failed),
]);

/// Moves of captures.
pub const CAPTURES: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Succeeded, Refund, Succeeded),
    (Failed, Fail, Failed),
]);

/// Moves of voids.
pub const VOIDS: Machine<TransactionStatus, TransactionEvent> = Machine(&[
    (Pending, Succeed, Succeeded),
    (Pending, Fail, Failed),
    (Succeeded, Succeed, Succeeded),
    (Failed, Fail, Failed),
]);

/// Moves of refunds. A refund can fail after a success: the card's issuer refuses it days after the PSP has reported it as done.
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
