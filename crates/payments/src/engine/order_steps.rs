//! The triggers of an order that act on its payment.

use tillgate_gateways::{ActionReference, RefundPayment};
use tillgate_model::{
    Id, Money, Problem,
    resources::{OrderStatus, PaymentStatus, TransactionKind},
};
use tillgate_store::{
    AnyOrder as _, Goal, OrderRow, PaymentGatewayRow, SourceState, TransactionRow, Tx, query,
};

use crate::{
    context::Context,
    engine::{action, authorize},
    failure::Failure,
    payment::{
        ledger::Ledger,
        locked::LockedPayment,
        machine::{ORDER_MACHINE, OrderEvent},
        order_status::{can, impossible, is_covered, pays, place_or_give_up, transition},
        rules,
        state::SourceStateRules as _,
    },
    planted::{self, Bug},
    providers::{connection::ProviderConnection, operation::Progress, registry},
    request::Request,
    stored::{self, parse_column},
};

fn refuse_unless(payment: &LockedPayment, event: OrderEvent, pointer: &str) -> Result<(), Failure> {
    if can(payment, event) {
        return Ok(());
    }
    Err(impossible(&payment.order, event, pointer).into())
}

/// `_authorize`
pub async fn authorize(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    amount_cents: Option<i64>,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_authorize";
    refuse_unless(payment, OrderEvent::Authorize, pointer)?;
    if payment.source.state.holds_money() {
        return Ok(None);
    }
    Ok(Some(
        begin_authorization(tx, request, payment, amount_cents, pointer).await?,
    ))
}

async fn begin_authorization(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    amount_cents: Option<i64>,
    pointer: &str,
) -> Result<Progress, Failure> {
    let amount = match amount_cents {
        Some(_) => "/data/attributes/_authorization_amount_cents",
        None => pointer,
    };
    authorize::begin(tx, request, payment, amount_cents, pointer)
        .await
        .map_err(|failure| failure.unsupported_at(amount))
}

/// `_place`
pub async fn place(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    amount_cents: Option<i64>,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_place";
    refuse_unless(payment, OrderEvent::Place, pointer)?;
    let context = &request.context;
    // An order that is being placed waits for its payment, and is placed or pending once that is decided.
    if matches!(*payment.order.status, OrderStatus::Placing | OrderStatus::Placed) {
        return Ok(None);
    }
    rules::refuse_mismatch(&payment.source, pointer)?;
    if payment.source.state.holds_money() {
        if !pays(payment, amount_cents) {
            return Err(mismatched(pointer).into());
        }
        transition(context, &mut payment.order, OrderEvent::Place)?;
        return Ok(None);
    }
    if payment.order.total_cents() == 0 {
        // Nothing is left to pay, and the order's earlier payment was given up.
        detach(payment)?;
        transition(context, &mut payment.order, OrderEvent::Place)?;
        return Ok(None);
    }
    let begun = begin_authorization(tx, request, payment, amount_cents, pointer).await?;
    // An authorization without a PSP may already have placed the order.
    if payment.order.status != OrderStatus::Placed {
        transition(context, &mut payment.order, OrderEvent::BeginPlacing)?;
        place_or_give_up(context, payment)?;
    }
    Ok(Some(begun))
}

fn mismatched(pointer: &str) -> Problem {
    let message = "can't be done: the order's total differs from the authorized amount; send _update to the payment source if it \
                   has that, or _cancel to the authorization and create another payment source";
    Problem::invalid(pointer, "mismatched_amounts", message)
}

/// `_approve`
pub fn approve(context: &Context, payment: &mut LockedPayment, pointer: &str) -> Result<(), Failure> {
    refuse_unless(payment, OrderEvent::Approve, pointer)?;
    if payment.order.status == OrderStatus::Approved {
        return Ok(());
    }
    approve_paid(context, &mut payment.order, pointer)?;
    let is_mismatched = rules::is_mismatched(&payment.source, &payment.order) && !is_covered(payment);
    if payment.terms.authorization_amount_cents.is_none() && is_mismatched {
        return Err(mismatched(pointer).into());
    }
    Ok(())
}

/// `_approve` of an order without a payment source.
pub fn approve_paid(context: &Context, row: &mut OrderRow, pointer: &str) -> Result<(), Failure> {
    if ORDER_MACHINE.next(*row.status, OrderEvent::Approve).is_none() {
        return Err(impossible(row, OrderEvent::Approve, pointer).into());
    }
    let payment = *row.payment_status;
    let paid = matches!(
        payment,
        PaymentStatus::Authorized
            | PaymentStatus::Paid
            | PaymentStatus::PartiallyPaid
            | PaymentStatus::Free
            | PaymentStatus::PartiallyRefunded
    );
    if !paid && row.status != OrderStatus::Approved {
        let message = format!("can't be done: the order's payment is {payment}");
        return Err(Problem::invalid(pointer, "payment_status", message)
            .meta("payment_status", payment.to_string())
            .into());
    }
    transition(context, row, OrderEvent::Approve)?;
    Ok(())
}

/// `_capture`
pub async fn capture(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    pointer: &str,
) -> Result<Option<Progress>, Failure> {
    refuse_unless(payment, OrderEvent::Capture, pointer)?;
    rules::refuse_open_call(&payment.source)?;
    let steps = captures_due(&payment.ledger, payment.order.total_cents());
    refuse_later_steps(tx, context, payment, steps)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    let begun = capture_next(tx, context, payment)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    if begun.is_none()
        && payment
            .ledger
            .of_kind(TransactionKind::Captures)
            .all(|row| payment.ledger.refundable(row) == 0)
    {
        let message = "can't be done: nothing is authorized for the order";
        return Err(refused_by_payment(payment, pointer, message).into());
    }
    Ok(begun)
}

/// The problem for a trigger that the order's payment does not allow.
fn refused_by_payment(payment: &LockedPayment, pointer: &str, message: &'static str) -> Problem {
    Problem::invalid(pointer, "payment_status", message)
        .meta("payment_status", payment.order.payment_status.to_string())
}

/// The next capture that an order needs, if any.
pub async fn capture_next(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let due = payment.order.total_cents() - payment.ledger.captured();
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.open_authorization(row);
    let Some(authorization) = next_of(tx, context, payment, TransactionKind::Authorizations, open).await?
    else {
        return Ok(None);
    };
    let amount = payment.ledger.open_authorization(&authorization).min(due);
    if amount <= 0 {
        return Ok(None);
    }
    let goal = Some(Goal::Capture);
    Ok(Some(
        action::capture(tx, context, payment, &authorization, amount, goal).await?,
    ))
}

/// One call of a trigger that takes several: its transaction, and its amount, if it names one.
type Step = (TransactionRow, Option<i64>);

/// The captures that an order with this total needs.
fn captures_due(ledger: &Ledger, total: i64) -> Vec<Step> {
    let mut due = total - ledger.captured();
    let mut steps = Vec::new();
    for authorization in ledger.of_kind(TransactionKind::Authorizations) {
        let amount = ledger.open_authorization(authorization).min(due);
        if amount > 0 {
            due -= amount;
            steps.push((authorization.clone(), Some(amount)));
        }
    }
    steps
}

/// The releases after which nothing of an order is held.
fn releases_due(ledger: &Ledger) -> Vec<Step> {
    let held = ledger
        .of_kind(TransactionKind::Authorizations)
        .filter(|row| ledger.voidable(row) > 0);
    held.map(|row| (row.clone(), None)).collect()
}

/// The refunds that pay an order back.
fn refunds_due(ledger: &Ledger) -> Vec<Step> {
    let captures = ledger
        .of_kind(TransactionKind::Captures)
        .filter(|row| ledger.refundable(row) > 0);
    let refunds = captures.map(|row| (row.clone(), Some(ledger.refundable(row))));
    releases_due(ledger).into_iter().chain(refunds).collect()
}

/// Refuses a trigger before its first call if a later one is impossible: another payment of the order has an open call, or its
/// gateway does not support the amount. The first call is checked when it begins.
async fn refuse_later_steps(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &LockedPayment,
    steps: Vec<Step>,
) -> Result<(), Failure> {
    for (row, amount) in steps.into_iter().skip(1) {
        let source = query!(
            tx,
            payment_sources::get(&payment.scope, &parse_column(&row.payment_source_id)?)
        )?;
        let Some(source) = source else { continue };
        rules::refuse_open_call(&source)?;
        let gateway_id: Id = parse_column(&source.payment_gateway_id)?;
        let gateway = query!(tx, payment_gateways::get(&payment.scope, &gateway_id))?;
        let has_psp =
            |gateway: &PaymentGatewayRow| registry::of_gateway(*gateway.kind).capabilities().has_psp();
        let (Some(amount), Some(gateway)) = (amount, gateway.filter(has_psp)) else {
            continue;
        };
        // Captures and refunds write amounts the same way. This request is not sent.
        let refund = RefundPayment {
            reference: ActionReference {
                transaction_id: row.id.clone(),
                order_id: payment.order.id.clone(),
            },
            amount: Money::new(amount, parse_column(&row.currency_code)?),
        };
        let connection = ProviderConnection::of(context, &gateway)?;
        connection
            .gateway
            .refund(source.psp_id.as_deref().unwrap_or_default(), &refund, &row.id)?;
    }
    Ok(())
}

/// `_refund`
pub async fn refund(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_refund";
    refuse_unless(payment, OrderEvent::Refund, pointer)?;
    rules::refuse_open_call(&payment.source)?;
    refuse_later_steps(tx, context, payment, refunds_due(&payment.ledger))
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    let begun = refund_next(tx, context, payment)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    if begun.is_none() && payment.ledger.captured() == 0 {
        let message = "can't be done: nothing was captured for the order";
        return Err(refused_by_payment(payment, pointer, message).into());
    }
    Ok(begun)
}

/// The next step of paying an order back, if any: the release of the rest, then the refunds. An order that is paid back holds
/// nothing, and Stripe refunds nothing of a payment that can still be captured.
pub async fn refund_next(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let goal = Some(Goal::Refund);
    let rest = |ledger: &Ledger, row: &TransactionRow| ledger.voidable(row);
    if payment.ledger.captured() > 0
        && !planted::is(Bug::RestOfCaptureForgotten)
        && let Some(authorization) =
            next_of(tx, context, payment, TransactionKind::Authorizations, rest).await?
    {
        return Ok(Some(
            action::void(tx, context, payment, &authorization, goal).await?,
        ));
    }
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.refundable(row);
    let Some(capture) = next_of(tx, context, payment, TransactionKind::Captures, open).await? else {
        return Ok(None);
    };
    let amount = payment.ledger.refundable(&capture);
    Ok(Some(
        action::refund(tx, context, payment, &capture, amount, goal).await?,
    ))
}

/// `_cancel`
pub async fn cancel(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_cancel";
    refuse_unless(payment, OrderEvent::Cancel, pointer)?;
    rules::refuse_open_call(&payment.source)?;
    let kept = payment
        .ledger
        .of_kind(TransactionKind::Captures)
        .any(|row| payment.ledger.refundable(row) > 0);
    if kept {
        let message = "can't be done: money was captured for the order; send _refund, which cancels it";
        return Err(refused_by_payment(payment, pointer, message).into());
    }
    refuse_later_steps(tx, context, payment, releases_due(&payment.ledger)).await?;
    cancel_next(tx, context, payment)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))
}

/// The next release that cancelling an order needs. Without one, the order is cancelled.
pub async fn cancel_next(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.voidable(row);
    match next_of(tx, context, payment, TransactionKind::Authorizations, open).await? {
        Some(authorization) => {
            let goal = Some(Goal::CancelOrder);
            Ok(Some(
                action::void(tx, context, payment, &authorization, goal).await?,
            ))
        }
        None => {
            transition(context, &mut payment.order, OrderEvent::Cancel)?;
            Ok(None)
        }
    }
}

/// The first transaction of a kind with an amount left. `payment` becomes the payment of that transaction's source.
async fn next_of(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
    kind: TransactionKind,
    left: impl Fn(&Ledger, &TransactionRow) -> i64,
) -> Result<Option<TransactionRow>, Failure> {
    let found = payment
        .ledger
        .of_kind(kind)
        .find(|row| left(&payment.ledger, row) > 0)
        .cloned();
    let Some(row) = found else { return Ok(None) };
    if row.payment_source_id != payment.source.id {
        payment.save(tx, context).await?;
        let id: Id = stored::parse_column(&row.payment_source_id)?;
        *payment = LockedPayment::lock(tx, &payment.scope.clone(), &id).await?;
        rules::refuse_open_call(&payment.source)?;
    }
    Ok(Some(row))
}

/// `_nullify_payment_source`, after the payment at the PSP was given up.
pub fn detach(payment: &mut LockedPayment) -> Result<(), Failure> {
    let pointer = "/data/attributes/_nullify_payment_source";
    refuse_unless(payment, OrderEvent::Authorize, pointer)?;
    rules::refuse_open_call(&payment.source)?;
    let open = matches!(
        payment.source.state,
        SourceState::RequiresAction | SourceState::Processing | SourceState::Unconfirmed
    );
    if open || payment.ledger.held() > 0 {
        rules::refuse_mismatch(&payment.source, pointer)?;
        let message = "can't be done: the payment has not ended; void or refund its authorization first";
        return Err(Problem::invalid(pointer, "state", message)
            .meta("state", payment.source.state.to_string())
            .into());
    }
    payment.order.payment_source_type = None;
    payment.order.payment_source_id = None;
    Ok(())
}
