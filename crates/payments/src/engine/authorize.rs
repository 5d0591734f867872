//! Authorizing: an attempt to pay with a payment source, requested on the source or on its order.

use tillgate_model::Problem;
use tillgate_store::{AnyOrder as _, Goal, PaymentGatewayRow, SourceState, TransactionStatus, Tx};

use crate::{
    context::Context,
    engine::action,
    failure::Failure,
    payment::{
        cards,
        locked::{LockedPayment, gateway_of},
        machine::OrderEvent,
        offer::{self, Choice},
        order_status, rules,
        state::SourceStateRules as _,
    },
    providers::{
        Authorization, Charge, ConfirmedLater,
        operation::{self, PreparedCall, Progress},
        registry,
    },
    request::Request,
};

/// Commits the intent to authorize the order's total, or a part of it, with the payment's source. `pointer` leads to the
/// request's attribute.
pub async fn begin(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
    amount_cents: Option<i64>,
    pointer: &str,
) -> Result<Progress, Failure> {
    let choice = refuse_attempt(tx, request, payment, pointer).await?;
    payment.terms.moto = choice.is_moto(request);
    // Failures count for the address of the caller who pays, not of the caller who made the source.
    if let Some(address) = rules::buyer_address(request, &payment.order) {
        payment.terms.address = Some(address);
    }
    let authorization = Authorization {
        amount_cents: payable(payment, amount_cents, pointer)?,
        asked_cents: amount_cents,
        pointer,
        charge: Charge {
            gateway: &choice.gateway,
            card: cards::chosen_or_refuse(tx, &request.context, payment, pointer).await?,
        },
    };
    let provider = registry::of_source(*payment.source.kind);
    provider.authorize(tx, request, payment, authorization).await
}

/// The amount that the request names, at most the order's total; without one, the total.
fn payable(payment: &LockedPayment, amount_cents: Option<i64>, pointer: &str) -> Result<i64, Problem> {
    let total = payment.order.total_cents();
    if total <= 0 {
        let message = "can't be done: the order has nothing to pay; send _place to it";
        return Err(Problem::invalid(pointer, "free", message));
    }
    match amount_cents {
        Some(amount) if amount > total => {
            let message = format!("must be less than or equal to {total}");
            let pointer = "/data/attributes/_authorization_amount_cents";
            Err(Problem::invalid(pointer, "less_than_or_equal_to", message).meta("count", total))
        }
        Some(amount) => Ok(amount),
        None => Ok(total),
    }
}

/// Refuses an attempt that can't be made. Answers how the source pays.
async fn refuse_attempt(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &LockedPayment,
    pointer: &str,
) -> Result<Choice, Failure> {
    if !payment.is_current() {
        let message = "can't be done: the order has another payment source now";
        return Err(Problem::invalid(pointer, "replaced", message).into());
    }
    rules::refuse_open_call(&payment.source)?;
    rules::refuse_mismatch(&payment.source, pointer)?;
    rules::refuse_double_payment(&payment.ledger)?;
    if !payment.source.state.takes_attempt() {
        return Err(rules::not_in_state(&payment.source, pointer).into());
    }
    rules::refuse_card_testing(tx, request, payment).await?;
    offer::present_or_refuse(tx, payment, pointer).await
}

/// The card or other instrument that the payment's source charges.
async fn charge_of<'a>(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &LockedPayment,
    gateway: &'a PaymentGatewayRow,
) -> Result<Charge<'a>, Failure> {
    let card = cards::chosen(tx, context, payment).await?;
    Ok(Charge { gateway, card })
}

fn confirmed_later(payment: &LockedPayment) -> Result<&'static dyn ConfirmedLater, Failure> {
    let later = registry::of_source(*payment.source.kind).confirmed_later();
    later.ok_or_else(|| Failure::Internal(format!("{} are confirmed at their creation", payment.source.kind)))
}

/// Confirms a payment after a call. `None` if its saved card was removed meanwhile.
pub async fn confirm_if_possible(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let charge = charge_of(tx, context, payment, &gateway).await?;
    if payment.terms.customer_payment_source_id.is_some() && charge.card.is_none() {
        return Ok(None);
    }
    let later = confirmed_later(payment)?;
    Ok(Some(later.confirm(tx, context, payment, charge).await?))
}

/// Whether the last attempt was declined because the buyer has to authenticate.
pub fn wants_authentication(payment: &LockedPayment) -> bool {
    let last = payment.authorizations().max_by_key(|row| row.number.clone());
    let code = last
        .filter(|row| row.status == TransactionStatus::Failed)
        .and_then(|row| row.error_code.as_deref());
    let wanted =
        code.is_some_and(|code| registry::of_source(*payment.source.kind).wants_authentication(code));
    wanted && payment.source.state == SourceState::Failed
}

/// Attempts to pay once more with the buyer, who authenticates at the issuer. `None` if the saved card was removed meanwhile.
pub async fn authenticate(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Option<Progress>, Failure> {
    let Some(card) = cards::chosen(tx, context, payment).await? else {
        return Ok(None);
    };
    let gateway = gateway_of(tx, payment).await?;
    let provider = registry::of_source(*payment.source.kind);
    let begun = provider
        .authenticate(tx, context, payment, &gateway, card)
        .await?;
    Ok(Some(begun))
}

/// Creates a released payment again, with the order's present total.
pub async fn renew(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &mut LockedPayment,
) -> Result<Progress, Failure> {
    let gateway = gateway_of(tx, payment).await?;
    let charge = charge_of(tx, context, payment, &gateway).await?;
    confirmed_later(payment)?
        .renew(tx, context, payment, charge)
        .await
}

/// Refuses a renewal that can't succeed, before the hold is released.
async fn refuse_renewal(
    tx: &mut Tx<'_>,
    context: &Context,
    payment: &LockedPayment,
    pointer: &str,
) -> Result<(), Failure> {
    let gateway = gateway_of(tx, payment).await?;
    if gateway.disabled_at.is_some() {
        let message = "can't be done: the gateway of the payment is disabled";
        return Err(Problem::invalid(pointer, "no_gateway", message).into());
    }
    let charge = charge_of(tx, context, payment, &gateway).await?;
    confirmed_later(payment)?.refuse_renewal(context, payment, charge, pointer)
}

/// `_update`: an unconfirmed payment gets the order's present total; a hold is released and authorized again. If the order has
/// nothing left to pay, the payment is given up.
pub async fn change_amount(
    tx: &mut Tx<'_>,
    request: &Request,
    payment: &mut LockedPayment,
) -> Result<Progress, Failure> {
    let context = &request.context;
    let pointer = "/data/attributes/_update";
    rules::refuse_open_call(&payment.source)?;
    let total = payment.order.total_cents();
    // A free order releases its hold, even if its gateway is no longer offered.
    if total > 0 {
        offer::present_or_refuse(tx, payment, pointer).await?;
    }
    let held = payment
        .authorizations()
        .find(|row| payment.ledger.voidable(row) > 0)
        .cloned();
    if let (SourceState::Authorized, Some(authorization)) = (payment.source.state, held) {
        if !order_status::is_editable(*payment.order.status) {
            return Err(order_status::impossible(&payment.order, OrderEvent::Authorize, pointer).into());
        }
        let goal = if total == 0 {
            Some(Goal::Unpay)
        } else {
            refuse_renewal(tx, context, payment, pointer).await?;
            Some(Goal::Renew)
        };
        return action::void(tx, context, payment, &authorization, goal).await;
    }
    let gateway = gateway_of(tx, payment).await?;
    let call: PreparedCall = if total == 0 {
        if !rules::is_confirmable(&payment.source) {
            let message = format!("can't be done: the payment is {}", payment.source.state);
            return Err(Problem::invalid(pointer, "state", message)
                .meta("state", payment.source.state.to_string())
                .into());
        }
        operation::cancel(tx, context, payment, &gateway).await?
    } else {
        payment.terms.authorization_amount_cents = None;
        let charge = charge_of(tx, context, payment, &gateway).await?;
        let later = confirmed_later(payment)?;
        later.update(tx, context, payment, charge, (total, None)).await?
    };
    Ok(Progress::CallPsp(Box::new(call)))
}
