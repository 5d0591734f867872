//! Authorizing: a payment source's attempt to pay, asked for on the source or on its order.

use tillgate_model::Problem;
use tillgate_store::{AnyOrder as _, Goal, PaymentGatewayRow, SourceState, TransactionStatus, Tx};

use crate::{
    context::Context,
    engine::action,
    failure::Failure,
    payment::{
        cards,
        case::{Case, gateway_of},
        machine::OrderEvent,
        offer::{self, Choice},
        order_status, rules,
        state::SourceStateRules as _,
    },
    providers::{
        Authorization, Charge, ConfirmedLater,
        operation::{self, Attempt, Progress},
        registry,
    },
    request::Request,
};

/// Commits the intent to authorize the order's total, or a part of it, with the case's source. `pointer` leads to what asks
/// for it.
pub async fn begin(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &mut Case,
    amount_cents: Option<i64>,
    pointer: &str,
) -> Result<Progress, Failure> {
    let choice = refuse_attempt(tx, request, case, pointer).await?;
    case.details.moto = choice.is_moto(request);
    // Whoever pays is the one whose failures count, and not whoever made the source.
    if let Some(address) = rules::buyer_address(request, &case.order) {
        case.details.address = Some(address);
    }
    let authorization = Authorization {
        amount_cents: payable(case, amount_cents, pointer)?,
        asked_cents: amount_cents,
        pointer,
        charge: Charge {
            gateway: &choice.gateway,
            card: cards::chosen_or_refuse(tx, &request.context, case, pointer).await?,
        },
    };
    let provider = registry::of_source(*case.source.kind);
    provider.authorize(tx, request, case, authorization).await
}

/// The order's total, or what the request says if that is not more.
fn payable(case: &Case, amount_cents: Option<i64>, pointer: &str) -> Result<i64, Problem> {
    let total = case.order.total_cents();
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

/// What stands against an attempt to pay. Answers how it is paid.
async fn refuse_attempt(
    tx: &mut Tx<'_>,
    request: &Request,
    case: &Case,
    pointer: &str,
) -> Result<Choice, Failure> {
    if !case.is_current() {
        let message = "can't be done: the order has another payment source by now";
        return Err(Problem::invalid(pointer, "replaced", message).into());
    }
    rules::refuse_open_call(&case.source)?;
    rules::refuse_mismatch(&case.source, pointer)?;
    rules::refuse_double_payment(&case.ledger)?;
    if !case.source.state.takes_attempt() {
        return Err(rules::not_in_state(&case.source, pointer).into());
    }
    rules::refuse_card_testing(tx, request, case).await?;
    offer::present_or_refuse(tx, case, pointer).await
}

/// What the case's source is to be charged with.
async fn charge_of<'a>(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    gateway: &'a PaymentGatewayRow,
) -> Result<Charge<'a>, Failure> {
    let card = cards::chosen(tx, context, case).await?;
    Ok(Charge { gateway, card })
}

fn confirmed_later(case: &Case) -> Result<&'static dyn ConfirmedLater, Failure> {
    let later = registry::of_source(*case.source.kind).confirmed_later();
    later.ok_or_else(|| Failure::Internal(format!("{} are confirmed when they are made", case.source.kind)))
}

/// Confirms a payment after a call. A saved card may have been removed meanwhile, and then there is nothing to confirm with.
pub async fn confirm_if_possible(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let gateway = gateway_of(tx, case).await?;
    let charge = charge_of(tx, context, case, &gateway).await?;
    if case.details.customer_payment_source_id.is_some() && charge.card.is_none() {
        return Ok(None);
    }
    let later = confirmed_later(case)?;
    Ok(Some(later.confirm(tx, context, case, charge).await?))
}

/// Whether the last attempt was declined because the buyer has to authenticate.
pub fn wants_authentication(case: &Case) -> bool {
    let last = case.authorizations().max_by_key(|row| row.number.clone());
    let code = last
        .filter(|row| row.status == TransactionStatus::Failed)
        .and_then(|row| row.error_code.as_deref());
    let wanted = code.is_some_and(|code| registry::of_source(*case.source.kind).wants_authentication(code));
    wanted && case.source.state == SourceState::Failed
}

/// Attempts to pay once more with the buyer, who finishes it at their bank. `None` if the saved card was removed meanwhile.
pub async fn authenticate(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &mut Case,
) -> Result<Option<Progress>, Failure> {
    let Some(card) = cards::chosen(tx, context, case).await? else {
        return Ok(None);
    };
    let gateway = gateway_of(tx, case).await?;
    let provider = registry::of_source(*case.source.kind);
    let begun = provider.authenticate(tx, context, case, &gateway, card).await?;
    Ok(Some(begun))
}

/// Creates a released payment anew, with the order's present total.
pub async fn renew(tx: &mut Tx<'_>, context: &Context, case: &mut Case) -> Result<Progress, Failure> {
    let gateway = gateway_of(tx, case).await?;
    let charge = charge_of(tx, context, case, &gateway).await?;
    confirmed_later(case)?.renew(tx, context, case, charge).await
}

/// Refuses early what can't be created anew, before what is held is released.
async fn refuse_renewal(
    tx: &mut Tx<'_>,
    context: &Context,
    case: &Case,
    pointer: &str,
) -> Result<(), Failure> {
    let gateway = gateway_of(tx, case).await?;
    if gateway.disabled_at.is_some() {
        let message = "can't be done: the gateway of the payment is disabled";
        return Err(Problem::invalid(pointer, "no_gateway", message).into());
    }
    let charge = charge_of(tx, context, case, &gateway).await?;
    confirmed_later(case)?.refuse_renewal(context, case, charge, pointer)
}

/// `_update`: an unconfirmed payment gets the order's present total; what is held is released and asked for anew. Of an order
/// that has nothing to pay any more, the payment is given up.
pub async fn change_amount(tx: &mut Tx<'_>, request: &Request, case: &mut Case) -> Result<Progress, Failure> {
    let context = &request.context;
    let pointer = "/data/attributes/_update";
    rules::refuse_open_call(&case.source)?;
    let total = case.order.total_cents();
    // An order that costs nothing any more gives back what is held, however it was paid.
    if total > 0 {
        offer::present_or_refuse(tx, case, pointer).await?;
    }
    let held = case
        .authorizations()
        .find(|row| case.ledger.voidable(row) > 0)
        .cloned();
    if let (SourceState::Authorized, Some(authorization)) = (case.source.state, held) {
        if !order_status::is_editable(*case.order.status) {
            return Err(order_status::impossible(&case.order, OrderEvent::Authorize, pointer).into());
        }
        let goal = if total == 0 {
            Some(Goal::Unpay)
        } else {
            refuse_renewal(tx, context, case, pointer).await?;
            Some(Goal::Renew)
        };
        return action::void(tx, context, case, &authorization, goal).await;
    }
    let gateway = gateway_of(tx, case).await?;
    let attempt: Attempt = if total == 0 {
        if !rules::is_confirmable(&case.source) {
            let message = format!("can't be done: the payment is {}", case.source.state);
            return Err(Problem::invalid(pointer, "state", message)
                .meta("state", case.source.state.to_string())
                .into());
        }
        operation::cancel(tx, context, case, &gateway).await?
    } else {
        case.details.authorization_amount_cents = None;
        let charge = charge_of(tx, context, case, &gateway).await?;
        let later = confirmed_later(case)?;
        later.update(tx, context, case, charge, (total, None)).await?
    };
    Ok(Progress::CallPsp(Box::new(attempt)))
}
