//! The status of an order, and how its payment changes it.

use tillgate_model::{
    Problem,
    resources::{OrderStatus, PaymentStatus},
};
use tillgate_store::{AnyOrder as _, OrderRow, SourceState, TransactionStatus, Tx};

use crate::{
    context::Context,
    failure::Failure,
    payment::{
        locked::LockedPayment,
        machine::{ORDER_MACHINE, OrderEvent},
        offer,
    },
    planted::{self, Bug},
    stored,
};

/// Whether line items and similar parts can be changed.
pub fn is_editable(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::Draft | OrderStatus::Pending | OrderStatus::Editing
    )
}

/// Whether the order waits for the payment that places it.
pub fn is_placing(order: &OrderRow) -> bool {
    order.status == OrderStatus::Placing
}

/// Applies an event to an order. Answers whether its status changed. An impossible event is refused with the present status.
pub fn transition(context: &Context, row: &mut OrderRow, event: OrderEvent) -> Result<bool, Failure> {
    transition_at(context, row, event, "/data")
}

/// Applies an event to an order. `pointer` leads to the trigger in the request.
pub fn transition_at(
    context: &Context,
    row: &mut OrderRow,
    event: OrderEvent,
    pointer: &str,
) -> Result<bool, Failure> {
    let before = *row.status;
    let Some(after) = ORDER_MACHINE.next(before, event) else {
        return Err(impossible(row, event, pointer).into());
    };
    if after == before {
        return Ok(false);
    }
    let now = Some(stored::stored_time(context.now()));
    row.status = after.into();
    match after {
        OrderStatus::Placed => row.placed_at = now,
        OrderStatus::Approved => row.approved_at = now,
        OrderStatus::Cancelled => row.cancelled_at = now,
        _ => {}
    }
    Ok(true)
}

/// The problem for an event that can't happen now.
pub fn impossible(row: &OrderRow, event: OrderEvent, pointer: &str) -> Problem {
    let possible: Vec<String> = ORDER_MACHINE
        .sources(event)
        .map(|state| state.to_string())
        .collect();
    let way_out = if is_placing(row) {
        "; it waits for its payment, which _nullify_payment_source gives up"
    } else {
        ""
    };
    let message = format!(
        "can't be done: the order is {}, and not {}{way_out}",
        row.status,
        possible.join(" or ")
    );
    Problem::invalid(pointer, "order_status", message).meta("status", row.status.to_string())
}

/// Places an order that waits for its authorization, or makes it pending again if the authorization failed.
pub fn place_or_give_up(context: &Context, payment: &mut LockedPayment) -> Result<(), Failure> {
    if payment.order.status != OrderStatus::Placing || !payment.is_current() {
        return Ok(());
    }
    let event = match payment.source.state {
        SourceState::Authorized | SourceState::Captured
            if payment.source.mismatch.is_none()
                && pays(payment, payment.terms.authorization_amount_cents) =>
        {
            OrderEvent::Place
        }
        SourceState::RequiresAction | SourceState::Processing => return Ok(()),
        _ if payment.source.pending_operation_id.is_some() => return Ok(()),
        _ if payment
            .authorizations()
            .any(|row| row.status == TransactionStatus::Pending) =>
        {
            return Ok(());
        }
        _ => OrderEvent::GiveUpPlacing,
    };
    transition(context, &mut payment.order, event)?;
    Ok(())
}

/// Whether the payment is for this amount, or for the order's total if none is given. An order whose total was lowered after its
/// authorization is also paid by captures that cover it, even if they are larger.
pub fn pays(payment: &LockedPayment, amount_cents: Option<i64>) -> bool {
    let expected = amount_cents.unwrap_or_else(|| payment.order.total_cents());
    let is_same = payment.source.amount_cents == expected
        && payment.source.currency_code == payment.order.currency_code;
    is_same || (amount_cents.is_none() && is_covered(payment)) || planted::is(Bug::AmountNotCompared)
}

/// Whether the captured amount, less refunds, covers the order's total.
pub fn is_covered(payment: &LockedPayment) -> bool {
    let kept = payment.ledger.kept();
    kept > 0
        && kept >= payment.order.total_cents()
        && payment.source.currency_code == payment.order.currency_code
}

/// Whether an event can happen to the payment's order.
pub fn can(payment: &LockedPayment, event: OrderEvent) -> bool {
    ORDER_MACHINE.next(*payment.order.status, event).is_some()
}

/// Updates the order's statuses from its transactions. A payment places an order that pays at once, or whose payment method says
/// so. An order whose captures were all refunded is cancelled.
pub async fn update_order(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<(), Failure> {
    let total = payment.order.total_cents();
    let status = payment.ledger.payment_status(total);
    if payment.order.payment_status != status {
        payment.order.payment_status = status.into();
        payment.order.payment_updated_at = Some(stored::stored_time(context.now()));
    }
    place_or_give_up(context, payment)?;
    let open = matches!(*payment.order.status, OrderStatus::Draft | OrderStatus::Pending);
    let covered = matches!(status, PaymentStatus::Authorized | PaymentStatus::Paid)
        && payment.source.mismatch.is_none();
    if covered && open && places(tx, payment).await? {
        transition(context, &mut payment.order, OrderEvent::PlaceByPayment)?;
    }
    let placed = matches!(*payment.order.status, OrderStatus::Placed | OrderStatus::Approved);
    if placed && status == PaymentStatus::Refunded {
        transition(context, &mut payment.order, OrderEvent::RefundInFull)?;
    }
    Ok(())
}

async fn places(tx: &mut Tx<'_>, payment: &LockedPayment) -> Result<bool, Failure> {
    if payment.source.automatic_capture {
        return Ok(true);
    }
    let method = offer::method_of(tx, payment).await?;
    Ok(method.is_some_and(|method| method.auto_place))
}
