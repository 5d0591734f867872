//! `POST /v1/payment_intents/{id}/capture`

use serde_json::Value;

use super::super::call::Call;
use super::super::currency::check_step;
use super::super::error::ApiError;
use super::super::events;
use super::super::model::{Charge, PaymentIntent, Status};
use super::super::params::Params;
use super::super::store::{Effect, Place, Store, find};
use super::input::read_descriptor;
use super::{unexpected_state, view};
use crate::ledger::LedgerKind;

pub(in super::super) fn capture(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let amount = params.integer_from("amount_to_capture", 0)?;
    let is_final = params.boolean("final_capture")?;
    let metadata = params.metadata()?;
    let descriptor = read_descriptor(&mut params, "statement_descriptor")?;
    let suffix = read_descriptor(&mut params, "statement_descriptor_suffix")?;
    params.finish()?;

    let mut pi = find(&store.payment_intents, call, id, Place::Path("intent"))?;
    let mut charge = held_charge(store, call, &pi)?;
    let amount = amount.unwrap_or(pi.amount_capturable);
    // A capture of 0 is allowed only to release the rest after a first capture.
    if amount == 0 && !(is_final == Some(true) && pi.amount_received > 0) {
        return Err(
            ApiError::invalid("This value must be greater than or equal to 1.")
                .with_code("parameter_invalid_integer")
                .with_param("amount_to_capture"),
        );
    }
    check_step(amount, &pi.currency, "amount_to_capture")?;
    if amount > pi.amount_capturable {
        return Err(ApiError::conflict(
            "The payment could not be captured because the requested capture amount is greater than the authorized amount.",
        )
        .with_code("amount_too_large")
        .with_param("amount_to_capture"));
    }
    if is_final == Some(false) && !charge.multicapture {
        return Err(ApiError::conflict(
            "This PaymentIntent can be captured once: multicapture was not requested for it, or is not available.",
        )
        .with_param("final_capture"));
    }
    metadata.apply(&mut pi.metadata)?;
    pi.statement_descriptor = descriptor.or(pi.statement_descriptor);
    pi.statement_descriptor_suffix = suffix.or(pi.statement_descriptor_suffix);
    pi.amount_received += amount;
    pi.amount_capturable -= amount;
    charge.captured = true;
    charge.amount_captured += amount;
    let mut released = 0;
    if is_final != Some(false) || pi.amount_capturable == 0 {
        released = std::mem::take(&mut pi.amount_capturable);
        pi.status = Status::Succeeded;
    }
    if charge.balance_transaction.is_none() {
        charge.balance_transaction = Some(call.id("txn_"));
    }
    for (kind, amount) in [(LedgerKind::Capture, amount), (LedgerKind::Release, released)] {
        if amount > 0 {
            store.book(call, &pi, Effect::of_charge(kind, amount, &charge));
        }
    }
    store.charges.put(call.env, &charge.id, charge.clone());
    store.payment_intents.put(call.env, id, pi.clone());
    if amount > 0 {
        events::of_charge(store, call, "charge.captured", &charge);
    }
    let outcome = match pi.status {
        Status::RequiresCapture => "payment_intent.amount_capturable_updated",
        _ => "payment_intent.succeeded",
    };
    events::of_intent(store, call, outcome, &pi);
    Ok(view::answer(store, call, &expansion, &pi))
}

/// The charge that holds the money of a PaymentIntent in `requires_capture`.
fn held_charge(store: &Store, call: &Call<'_>, pi: &PaymentIntent) -> Result<Charge, ApiError> {
    let charge = pi.latest_charge.as_ref().and_then(|id| store.charges.get(id));
    match charge.filter(|_| pi.status == Status::RequiresCapture) {
        Some(charge) => Ok(charge.clone()),
        None => Err(unexpected_state(
            call,
            pi,
            format!(
                "This PaymentIntent could not be captured because it has a status of {}. Only a PaymentIntent with \
                 one of the following statuses may be captured: requires_capture.",
                pi.status.as_str()
            ),
        )),
    }
}
