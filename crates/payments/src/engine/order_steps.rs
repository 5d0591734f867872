//! What the triggers of an order do to its payment.

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
        case::Case,
        ledger::Ledger,
        machine::{ORDER, OrderEvent},
        order_status::{can, impossible, is_covered, pays, place_or_give_up, turn},
        rules,
        state::SourceStateRules as _,
    },
    planted::{self, Bug},
    providers::{connection::Link, operation::Progress, registry},
    request::Request,
    stored::{self, word},
};

fn refuse_unless(case: &Case, event: OrderEvent, pointer: &str) -> Result<(), Failure> {
    if can(case, event) {
        return Ok(());
    }
    Err(impossible(&case.order, event, pointer).into())
}

/// `_authorize`
pub async fn authorize(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    amount_cents: Option<i64>,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_authorize";
    refuse_unless(case, OrderEvent::Authorize, pointer)?;
    if case.source.state.holds_money() {
        return Ok(None);
    }
    Ok(Some(attempt(tx, request, case, amount_cents, pointer).await?))
}

async fn attempt(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    amount_cents: Option<i64>,
    pointer: &str,
) -> Result<Progress, Failure> {
    let amount = match amount_cents {
        Some(_) => "/data/attributes/_authorization_amount_cents",
        None => pointer,
    };
    authorize::begin(tx, request, case, amount_cents, pointer)
        .await
        .map_err(|failure| failure.unsupported_at(amount))
}

/// `_place`
pub async fn place(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    amount_cents: Option<i64>,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_place";
    refuse_unless(case, OrderEvent::Place, pointer)?;
    let context = &request.context;
    // An order that is being placed waits for its payment, and is placed or pending when that is decided.
    if matches!(*case.order.status, OrderStatus::Placing | OrderStatus::Placed) {
        return Ok(None);
    }
    rules::refuse_mismatch(&case.source, pointer)?;
    if case.source.state.holds_money() {
        if !pays(case, amount_cents) {
            return Err(mismatched(pointer).into());
        }
        turn(context, &mut case.order, OrderEvent::Place)?;
        return Ok(None);
    }
    if case.order.total_cents() == 0 {
        // There is nothing to pay any more, and the payment that was begun has been given up.
        detach(case)?;
        turn(context, &mut case.order, OrderEvent::Place)?;
        return Ok(None);
    }
    let begun = attempt(tx, request, case, amount_cents, pointer).await?;
    // An authorization without a PSP may have placed the order by itself.
    if case.order.status != OrderStatus::Placed {
        turn(context, &mut case.order, OrderEvent::BeginPlacing)?;
        place_or_give_up(context, case)?;
    }
    Ok(Some(begun))
}

fn mismatched(pointer: &str) -> Problem {
    let message = "can't be done: the order's total is not what was authorized; send _update to the payment source if it \
                   has that, or _cancel to the authorization and create another payment source";
    Problem::invalid(pointer, "mismatched_amounts", message)
}

/// `_approve`
pub fn approve(context: &Context, case: &mut Case, pointer: &str) -> Result<(), Failure> {
    refuse_unless(case, OrderEvent::Approve, pointer)?;
    if case.order.status == OrderStatus::Approved {
        return Ok(());
    }
    approve_paid(context, &mut case.order, pointer)?;
    let is_mismatched = rules::is_mismatched(&case.source, &case.order) && !is_covered(case);
    if case.details.authorization_amount_cents.is_none() && is_mismatched {
        return Err(mismatched(pointer).into());
    }
    Ok(())
}

/// `_approve` of an order without a payment source.
pub fn approve_paid(context: &Context, row: &mut OrderRow, pointer: &str) -> Result<(), Failure> {
    if ORDER.next(*row.status, OrderEvent::Approve).is_none() {
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
    turn(context, row, OrderEvent::Approve)?;
    Ok(())
}

/// `_capture`
pub async fn capture(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    pointer: &str,
) -> Result<Option<Progress>, Failure> {
    refuse_unless(case, OrderEvent::Capture, pointer)?;
    rules::refuse_open_call(&case.source)?;
    let steps = captures_due(&case.ledger, case.order.total_cents());
    refuse_later_steps(tx, context, case, steps)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    let begun = capture_next(tx, context, case)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    if begun.is_none()
        && case
            .ledger
            .of_kind(TransactionKind::Captures)
            .all(|row| case.ledger.refundable(row) == 0)
    {
        let message = "can't be done: nothing is authorized for the order";
        return Err(refused_by_payment(case, pointer, message).into());
    }
    Ok(begun)
}

/// What a caller is told when the order's payment stands against a trigger.
fn refused_by_payment(case: &Case, pointer: &str, message: &'static str) -> Problem {
    Problem::invalid(pointer, "payment_status", message)
        .meta("payment_status", case.order.payment_status.to_string())
}

/// The next capture that an order needs, if any.
pub async fn capture_next(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let due = case.order.total_cents() - case.ledger.captured();
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.open_authorization(row);
    let Some(authorization) = next_of(tx, context, case, TransactionKind::Authorizations, open).await? else {
        return Ok(None);
    };
    let amount = case.ledger.open_authorization(&authorization).min(due);
    if amount <= 0 {
        return Ok(None);
    }
    let goal = Some(Goal::Capture);
    Ok(Some(
        action::capture(tx, context, case, &authorization, amount, goal).await?,
    ))
}

/// One call of a trigger that takes several: the transaction that it is about, and the amount that it names, if it names one.
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

/// The releases that an order needs so that nothing stays held.
fn releases_due(ledger: &Ledger) -> Vec<Step> {
    let held = ledger
        .of_kind(TransactionKind::Authorizations)
        .filter(|row| ledger.voidable(row) > 0);
    held.map(|row| (row.clone(), None)).collect()
}

/// What pays an order back.
fn refunds_due(ledger: &Ledger) -> Vec<Step> {
    let captures = ledger
        .of_kind(TransactionKind::Captures)
        .filter(|row| ledger.refundable(row) > 0);
    let refunds = captures.map(|row| (row.clone(), Some(ledger.refundable(row))));
    releases_due(ledger).into_iter().chain(refunds).collect()
}

/// Refuses a trigger before its first call if one of the later ones can't be made: another payment of the order has an open call,
/// or its gateway does not carry the amount. The first one is judged when it is begun.
async fn refuse_later_steps(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    steps: Vec<Step>,
) -> Result<(), Failure> {
    for (row, amount) in steps.into_iter().skip(1) {
        let source = query!(
            tx,
            payment_sources::get(&case.scope, &word(&row.payment_source_id)?)
        )?;
        let Some(source) = source else { continue };
        rules::refuse_open_call(&source)?;
        let gateway_id: Id = word(&source.payment_gateway_id)?;
        let gateway = query!(tx, payment_gateways::get(&case.scope, &gateway_id))?;
        let has_psp =
            |gateway: &PaymentGatewayRow| registry::of_gateway(*gateway.kind).capabilities().has_psp();
        let (Some(amount), Some(gateway)) = (amount, gateway.filter(has_psp)) else {
            continue;
        };
        // Captures and refunds name amounts alike. This request is not sent.
        let refund = RefundPayment {
            reference: ActionReference {
                transaction_id: row.id.clone(),
                order_id: case.order.id.clone(),
            },
            amount: Money::new(amount, word(&row.currency_code)?),
        };
        let link = Link::of(context, &gateway)?;
        link.gateway
            .refund(source.psp_id.as_deref().unwrap_or_default(), &refund, &row.id)?;
    }
    Ok(())
}

/// `_refund`
pub async fn refund(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_refund";
    refuse_unless(case, OrderEvent::Refund, pointer)?;
    rules::refuse_open_call(&case.source)?;
    refuse_later_steps(tx, context, case, refunds_due(&case.ledger))
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    let begun = refund_next(tx, context, case)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))?;
    if begun.is_none() && case.ledger.captured() == 0 {
        let message = "can't be done: nothing was captured for the order";
        return Err(refused_by_payment(case, pointer, message).into());
    }
    Ok(begun)
}

/// The next step that paying an order back needs, if any: the release of what captures have left, then the refunds. Of an
/// order that is paid back nothing stays held, and Stripe refunds nothing of a payment that can still be captured.
pub async fn refund_next(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let goal = Some(Goal::Refund);
    let rest = |ledger: &Ledger, row: &TransactionRow| ledger.voidable(row);
    if case.ledger.captured() > 0
        && !planted::is(Bug::RestOfCaptureForgotten)
        && let Some(authorization) = next_of(tx, context, case, TransactionKind::Authorizations, rest).await?
    {
        return Ok(Some(action::void(tx, context, case, &authorization, goal).await?));
    }
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.refundable(row);
    let Some(capture) = next_of(tx, context, case, TransactionKind::Captures, open).await? else {
        return Ok(None);
    };
    let amount = case.ledger.refundable(&capture);
    Ok(Some(
        action::refund(tx, context, case, &capture, amount, goal).await?,
    ))
}

/// `_cancel`
pub async fn cancel(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let pointer = "/data/attributes/_cancel";
    refuse_unless(case, OrderEvent::Cancel, pointer)?;
    rules::refuse_open_call(&case.source)?;
    let kept = case
        .ledger
        .of_kind(TransactionKind::Captures)
        .any(|row| case.ledger.refundable(row) > 0);
    if kept {
        let message = "can't be done: money was captured for the order; send _refund, which cancels it";
        return Err(refused_by_payment(case, pointer, message).into());
    }
    refuse_later_steps(tx, context, case, releases_due(&case.ledger)).await?;
    cancel_next(tx, context, case)
        .await
        .map_err(|failure| failure.unsupported_at(pointer))
}

/// The next release that cancelling an order needs; without one, the order is cancelled.
pub async fn cancel_next(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let open = |ledger: &Ledger, row: &TransactionRow| ledger.voidable(row);
    match next_of(tx, context, case, TransactionKind::Authorizations, open).await? {
        Some(authorization) => {
            let goal = Some(Goal::CancelOrder);
            Ok(Some(action::void(tx, context, case, &authorization, goal).await?))
        }
        None => {
            turn(context, &mut case.order, OrderEvent::Cancel)?;
            Ok(None)
        }
    }
}

/// The first transaction of a kind with something left. The case becomes that of its payment source.
async fn next_of(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
    kind: TransactionKind,
    left: impl Fn(&Ledger, &TransactionRow) -> i64,
) -> Result<Option<TransactionRow>, Failure> {
    let found = case
        .ledger
        .of_kind(kind)
        .find(|row| left(&case.ledger, row) > 0)
        .cloned();
    let Some(row) = found else { return Ok(None) };
    if row.payment_source_id != case.source.id {
        case.save(tx, context).await?;
        let id: Id = stored::word(&row.payment_source_id)?;
        *case = Case::lock(tx, &case.scope.clone(), &id).await?;
        rules::refuse_open_call(&case.source)?;
    }
    Ok(Some(row))
}

/// `_nullify_payment_source`, after the payment at the PSP was given up.
pub fn detach(case: &mut Case) -> Result<(), Failure> {
    let pointer = "/data/attributes/_nullify_payment_source";
    refuse_unless(case, OrderEvent::Authorize, pointer)?;
    rules::refuse_open_call(&case.source)?;
    let open = matches!(
        case.source.state,
        SourceState::RequiresAction | SourceState::Processing | SourceState::Unconfirmed
    );
    if open || case.ledger.held() > 0 {
        rules::refuse_mismatch(&case.source, pointer)?;
        let message = "can't be done: the payment is not off; void or refund what was authorized first";
        return Err(Problem::invalid(pointer, "state", message)
            .meta("state", case.source.state.to_string())
            .into());
    }
    case.order.payment_source_type = None;
    case.order.payment_source_id = None;
    Ok(())
}
