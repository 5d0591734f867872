//! `POST /v1/payment_intents/{id}/cancel`, and authorizations that expire.

use serde_json::Value;

use super::super::call::Call;
use super::super::error::ApiError;
use super::super::events;
use super::super::model::{Metadata, PaymentIntent, Refund, Status};
use super::super::params::Params;
use super::super::store::{Effect, Place, Store, find};
use super::{unexpected_state, view};
use crate::ledger::LedgerKind;

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

pub(in super::super) fn cancel(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let reason = params.one_of("cancellation_reason", REASONS)?;
    params.finish()?;
    let pi = find(&store.payment_intents, call, id, Place::Path("intent"))?;
    // Our reading of the vendor: after the first of several captures, a final capture of 0 releases the rest.
    let partly_captured = pi.amount_received > 0;
    if partly_captured || matches!(pi.status, Status::Succeeded | Status::Canceled) {
        return Err(unexpected_state(
            call,
            &pi,
            format!(
                "You cannot cancel this PaymentIntent because it has a status of {}{}. Only a PaymentIntent with one \
                 of the following statuses may be canceled: requires_payment_method, requires_capture, \
                 requires_confirmation, requires_action, processing.",
                pi.status.as_str(),
                if partly_captured && pi.status == Status::RequiresCapture {
                    " and was captured in part"
                } else {
                    ""
                },
            ),
        ));
    }
    let pi = end(store, call, pi, reason, LedgerKind::Void);
    Ok(view::answer(store, call, &expansion, &pi))
}

/// Ends the uncaptured hold of a PaymentIntent; captures stay.
pub(in super::super) fn lapse(store: &mut Store, call: &mut Call<'_>, id: &str) {
    let Some(mut pi) = store
        .payment_intents
        .get(id)
        .filter(|pi| pi.status == Status::RequiresCapture)
        .cloned()
    else {
        return;
    };
    if pi.amount_received > 0 {
        let released = std::mem::take(&mut pi.amount_capturable);
        pi.status = Status::Succeeded;
        let charge = pi.latest_charge.as_ref().and_then(|id| store.charges.get(id));
        if let Some(charge) = charge.cloned() {
            let effect = Effect::of_charge(LedgerKind::Release, released, &charge);
            store.book(call, &pi, effect);
        }
        store.payment_intents.put(call.env, id, pi.clone());
        events::of_intent(store, call, "payment_intent.succeeded", &pi);
    } else {
        end(store, call, pi, Some("automatic".to_owned()), LedgerKind::Expire);
    }
}

/// Cancels and releases the hold, if there is one: the charge then looks refunded, although nothing was captured. `kind` is the
/// recorded effect.
fn end(
    store: &mut Store,
    call: &mut Call<'_>,
    mut pi: PaymentIntent,
    reason: Option<String>,
    kind: LedgerKind,
) -> PaymentIntent {
    let held = pi
        .latest_charge
        .as_ref()
        .filter(|_| pi.status == Status::RequiresCapture);
    if let Some(mut charge) = held.and_then(|id| store.charges.get(id)).cloned() {
        let refund = Refund {
            id: call.id("re_"),
            livemode: pi.livemode,
            created: call.now,
            amount: charge.amount,
            balance_transaction: None,
            charge: charge.id.clone(),
            currency: pi.currency.clone(),
            failure_reason: None,
            idempotency_key: call.idempotency_key.clone(),
            metadata: Metadata::new(),
            payment_intent: pi.id.clone(),
            reason: None,
            status: "succeeded".to_owned(),
            due: None,
        };
        charge.amount_refunded = charge.amount;
        charge.refunded = true;
        store.book(call, &pi, Effect::of_charge(kind, charge.amount, &charge));
        store.charges.put(call.env, &charge.id, charge.clone());
        store.refunds.put(call.env, &refund.id.clone(), refund);
        let released = match kind {
            LedgerKind::Expire => "charge.expired",
            _ => "charge.refunded",
        };
        events::of_charge(store, call, released, &charge);
    }
    pi.amount_capturable = 0;
    pi.canceled_at = Some(call.now);
    pi.cancellation_reason = reason;
    pi.challenge = None;
    pi.status = Status::Canceled;
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_intent(store, call, "payment_intent.canceled", &pi);
    pi
}
