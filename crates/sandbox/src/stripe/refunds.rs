//! `/v1/refunds`

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::call::Call;
use super::cards::Refunding;
use super::currency::{check_step, display};
use super::error::ApiError;
use super::events;
use super::expand::Expansion;
use super::list::Page;
use super::model::{Charge, PaymentIntent, Refund, RefundEnd, Status};
use super::params::Params;
use super::render;
use super::store::{Due, Effect, Place, Store, find};
use crate::faults::Occasion;
use crate::ledger::{LedgerKind, Vendor};

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];
/// Delay of the changes of test cards with delayed refunds.
const CHANGES_AFTER: TimeDelta = TimeDelta::seconds(2);

/// `POST /v1/refunds`
pub(super) fn create(store: &mut Store, call: &mut Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "refund", "")?;
    let payment_intent = params.text("payment_intent")?;
    let charge = params.text("charge")?;
    let amount = params.integer_from("amount", 1)?;
    let reason = params.one_of("reason", REASONS)?;
    let metadata = params.metadata()?;
    params.finish()?;

    let (pi, mut charge) = refundable(store, call, payment_intent.as_deref(), charge.as_deref())?;
    let rest = charge.amount_captured - charge.amount_refunded;
    if charge.disputed {
        return Err(ApiError::conflict(format!(
            "Charge {} has been charged back; cannot issue a refund.",
            charge.id
        ))
        .with_code("charge_disputed"));
    }
    if rest == 0 {
        return Err(
            ApiError::conflict(format!("Charge {} has already been refunded.", charge.id))
                .with_code("charge_already_refunded"),
        );
    }
    let amount = amount.unwrap_or(rest);
    check_step(amount, &charge.currency, "amount")?;
    if amount > rest {
        return Err(ApiError::conflict(format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            display(amount, &charge.currency),
            display(rest, &charge.currency)
        ))
        .with_param("amount"));
    }

    let soon = call.now + CHANGES_AFTER;
    let fault = call.env.strike(&Occasion::Refund(Vendor::Stripe));
    let fails_at = fault.and_then(|fault| {
        let delay = TimeDelta::from_std(fault.delay()).ok()?;
        call.now.checked_add_signed(delay)
    });
    let (status, due) = match charge.card.behaviour().refunding {
        _ if let Some(at) = fails_at => ("succeeded", Some((at, RefundEnd::Fails))),
        Refunding::Succeeds => ("succeeded", None),
        Refunding::Pends => ("pending", Some((soon, RefundEnd::Succeeds))),
        Refunding::Fails => ("succeeded", Some((soon, RefundEnd::Fails))),
    };
    let refund = Refund {
        id: call.id("re_"),
        livemode: charge.livemode,
        created: call.now,
        amount,
        balance_transaction: Some(call.id("txn_")),
        charge: charge.id.clone(),
        currency: charge.currency.clone(),
        failure_reason: None,
        idempotency_key: call.idempotency_key.clone(),
        metadata: metadata.into_metadata(),
        payment_intent: pi.id.clone(),
        reason,
        status: status.to_owned(),
        due,
    };
    if refund.status == "succeeded" {
        store.book(call, &pi, Effect::of_refund(LedgerKind::Refund, &refund));
    }
    if let Some((at, _)) = due {
        store.schedule.insert((at, Due::RefundChanges(refund.id.clone())));
    }
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded == charge.amount_captured;
    store.charges.put(call.env, &charge.id, charge.clone());
    store.refunds.put(call.env, &refund.id, refund.clone());
    events::of_refund(store, call, "refund.created", &refund);
    events::of_charge(store, call, "charge.refunded", &charge);
    Ok(answer(store, call, &expansion, &refund))
}

/// `GET /v1/refunds/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "refund", "")?;
    params.finish()?;
    let refund = find(&store.refunds, call, id, Place::Path("refund"))?;
    Ok(answer(store, call, &expansion, &refund))
}

/// `POST /v1/refunds/{id}`: changes its metadata only.
pub(super) fn update(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "refund", "")?;
    let metadata = params.metadata()?;
    params.finish()?;
    let mut refund = find(&store.refunds, call, id, Place::Path("refund"))?;
    let previous = json!({ "metadata": refund.metadata });
    metadata.apply(&mut refund.metadata)?;
    store.refunds.put(call.env, id, refund.clone());
    events::refund_updated(store, call, &refund, &previous);
    Ok(answer(store, call, &expansion, &refund))
}

/// `POST /v1/refunds/{id}/cancel`: only refunds that wait for the buyer can be canceled, and refunds to cards never
/// do (Stripe docs: cancel a refund).
pub(super) fn cancel(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "refund", "")?;
    params.finish()?;
    let refund = find(&store.refunds, call, id, Place::Path("refund"))?;
    Err(ApiError::conflict(format!(
        "You cannot cancel this refund because it has a status of {}. Only a refund with the status requires_action may be canceled.",
        refund.status
    )))
}

/// `GET /v1/refunds`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "list", "refund")?;
    let page = Page::read(&mut params)?;
    let payment_intent = params.text("payment_intent")?;
    let charge = params.text("charge")?;
    params.finish()?;
    let wanted = |refund: &Refund| {
        payment_intent
            .as_ref()
            .is_none_or(|id| *id == refund.payment_intent)
            && charge.as_ref().is_none_or(|id| *id == refund.charge)
    };
    let list = page.answer(call, &store.refunds, "/v1/refunds", wanted, render::refund)?;
    Ok(expansion.apply(store, call.env.public_url(), list))
}

/// Makes the due change of a refund.
pub(super) fn change(store: &mut Store, call: &mut Call<'_>, id: &str) {
    let Some(mut refund) = store.refunds.get(id).cloned() else {
        return;
    };
    let Some((_, end)) = refund.due.take() else { return };
    call.idempotency_key.clone_from(&refund.idempotency_key);
    let Some(pi) = store.payment_intents.get(&refund.payment_intent).cloned() else {
        return;
    };
    let previous = json!({ "status": refund.status });
    match end {
        RefundEnd::Succeeds => {
            refund.status = "succeeded".to_owned();
            store.book(call, &pi, Effect::of_refund(LedgerKind::Refund, &refund));
        }
        RefundEnd::Fails => {
            refund.status = "failed".to_owned();
            refund.failure_reason = Some("unknown".to_owned());
            store.book(call, &pi, Effect::of_refund(LedgerKind::RefundFailure, &refund));
            if let Some(mut charge) = store.charges.get(&refund.charge).cloned() {
                charge.amount_refunded -= refund.amount;
                charge.refunded = false;
                store.charges.put(call.env, &refund.charge, charge);
            }
        }
    }
    store.refunds.put(call.env, id, refund.clone());
    events::refund_updated(store, call, &refund, &previous);
    if end == RefundEnd::Fails {
        events::of_refund(store, call, "refund.failed", &refund);
    }
}

/// The captured charge that the request names, with its PaymentIntent.
fn refundable(
    store: &Store,
    call: &Call<'_>,
    payment_intent: Option<&str>,
    charge: Option<&str>,
) -> Result<(PaymentIntent, Charge), ApiError> {
    let charge = charge
        .map(|id| find(&store.charges, call, id, Place::Param("charge")))
        .transpose()?;
    let pi = match (payment_intent, &charge) {
        (Some(id), _) => id,
        (None, Some(charge)) => charge.payment_intent.as_str(),
        (None, None) => {
            return Err(ApiError::invalid(
                "One of the following params should be provided for this request: payment_intent or charge.",
            )
            .with_code("parameter_missing")
            .with_param("payment_intent"));
        }
    };
    let pi = find(&store.payment_intents, call, pi, Place::Param("payment_intent"))?;
    let latest = pi
        .latest_charge
        .as_ref()
        .and_then(|id| store.charges.get(id))
        .cloned();
    if let (Some(named), Some(latest)) = (&charge, &latest)
        && named.id != latest.id
    {
        let message = if named.failure.is_some() {
            format!("Charge {} cannot be refunded: it failed.", named.id)
        } else {
            format!("Charge {} does not belong to PaymentIntent {}.", named.id, pi.id)
        };
        return Err(ApiError::conflict(message).with_param("charge"));
    }
    match latest.filter(|charge| pi.status == Status::Succeeded && charge.captured) {
        Some(charge) => Ok((pi, charge)),
        None => Err(ApiError::conflict(format!(
            "This PaymentIntent ({}) does not have a successful charge to refund because it has a status of {}.",
            pi.id,
            pi.status.as_str()
        ))
        .with_code("payment_intent_unexpected_state")
        .with("payment_intent", render::payment_intent(&pi, call.env.public_url()))),
    }
}

fn answer(store: &Store, call: &Call<'_>, expansion: &Expansion, refund: &Refund) -> Value {
    expansion.apply(store, call.env.public_url(), render::refund(refund))
}
