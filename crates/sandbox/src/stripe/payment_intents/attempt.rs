//! The results of an attempt: an approved charge, a declined one, or a failed authentication.

use chrono::TimeDelta;
use serde_json::Value;

use super::super::call::Call;
use super::super::cards::Decline;
use super::super::error::ApiError;
use super::super::model::{Charge, Failure, PaymentIntent, PaymentMethod, Status};
use super::super::store::{Due, Effect, Store};
use super::super::{declines, events, render};
use super::view;
use crate::ledger::LedgerKind;

/// Lifetime of an authorization (Stripe docs: place a hold on a payment method).
const AUTHORIZATION_HOLDS: TimeDelta = TimeDelta::days(7);

/// Charges the card, once only its issuer is left to decide, and stores the result.
pub(super) fn complete(
    store: &mut Store,
    call: &mut Call<'_>,
    pi: PaymentIntent,
    method: PaymentMethod,
) -> Result<PaymentIntent, ApiError> {
    match method.card.behaviour().decline {
        None => Ok(approve(store, call, pi, method)),
        Some(decline) => Err(self::decline(store, call, pi, &method, &decline)),
    }
}

fn approve(
    store: &mut Store,
    call: &mut Call<'_>,
    mut pi: PaymentIntent,
    mut method: PaymentMethod,
) -> PaymentIntent {
    let mut charge = new_charge(call, &pi, &method);
    charge.disputed = method.card.behaviour().disputed;
    let authorized = Effect::of_charge(LedgerKind::Authorize, pi.amount, &charge);
    store.book(call, &pi, authorized);
    if pi.captures_manually() {
        let lapses = call.now + AUTHORIZATION_HOLDS;
        charge.capture_before = Some(lapses);
        charge.multicapture = pi.request_multicapture.as_deref() == Some("if_available");
        pi.amount_capturable = pi.amount;
        pi.status = Status::RequiresCapture;
        store
            .schedule
            .insert((lapses, Due::AuthorizationLapses(pi.id.clone())));
    } else {
        charge.captured = true;
        charge.amount_captured = pi.amount;
        charge.balance_transaction = Some(call.id("txn_"));
        pi.amount_received = pi.amount;
        pi.status = Status::Succeeded;
        let captured = Effect::of_charge(LedgerKind::Capture, pi.amount, &charge);
        store.book(call, &pi, captured);
    }
    match (&pi.setup_future_usage, &pi.customer) {
        (Some(_), Some(customer)) => {
            method.customer = Some(customer.clone());
            method.set_up = method.set_up || pi.authenticated;
        }
        // It can still be attached to a customer (Stripe docs: PaymentIntents, setup_future_usage).
        (Some(_), None) => method.set_up = method.set_up || pi.authenticated,
        _ => method.spent = method.customer.is_none(),
    }
    pi.challenge = None;
    pi.latest_charge = Some(charge.id.clone());
    store.payment_methods.put(call.env, &method.id.clone(), method);
    store.charges.put(call.env, &charge.id, charge.clone());
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_charge(store, call, "charge.succeeded", &charge);
    let outcome = match pi.status {
        Status::RequiresCapture => "payment_intent.amount_capturable_updated",
        _ => "payment_intent.succeeded",
    };
    events::of_intent(store, call, outcome, &pi);
    pi
}

/// Stores the declined attempt and returns its error.
pub(super) fn decline(
    store: &mut Store,
    call: &mut Call<'_>,
    mut pi: PaymentIntent,
    method: &PaymentMethod,
    decline: &Decline,
) -> ApiError {
    let mut charge = new_charge(call, &pi, method);
    charge.failure = Some(Failure {
        code: decline.code.to_owned(),
        decline_code: decline.decline_code.map(str::to_owned),
        message: decline.message.to_owned(),
        network_code: decline.network_code.to_owned(),
    });
    let error = declines::error(decline)
        .with("charge", charge.id.as_str())
        .with("payment_method", render::payment_method(method));
    pi.latest_charge = Some(charge.id.clone());
    store.charges.put(call.env, &charge.id, charge.clone());
    events::of_charge(store, call, "charge.failed", &charge);
    fail(&mut pi, &error);
    let error = error.with("payment_intent", view::of_caller(call, &pi));
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_intent(store, call, "payment_intent.payment_failed", &pi);
    error
}

/// Continues after a successful challenge. With a manual confirmation, the server must confirm again.
pub(in super::super) fn authenticated(store: &mut Store, call: &mut Call<'_>, mut pi: PaymentIntent) {
    pi.challenge = None;
    pi.authenticated = true;
    let method = pi
        .payment_method
        .as_ref()
        .and_then(|id| store.payment_methods.get(id))
        .cloned();
    match method.filter(|_| pi.confirmation_method != "manual") {
        Some(method) => {
            // The PaymentIntent shows a decline; the page can't report it.
            let _ = complete(store, call, pi, method);
        }
        None => {
            pi.status = Status::RequiresConfirmation;
            store.payment_intents.put(call.env, &pi.id.clone(), pi);
        }
    }
}

/// Records that the buyer failed or refused the challenge.
pub(in super::super) fn authentication_failed(store: &mut Store, call: &mut Call<'_>, mut pi: PaymentIntent) {
    let method = pi
        .payment_method
        .as_ref()
        .and_then(|id| store.payment_methods.get(id));
    let error = ApiError::conflict(
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new \
         PaymentMethod to attempt to fulfill this PaymentIntent again.",
    )
    .with_code("payment_intent_authentication_failure")
    .with(
        "payment_method",
        method.map_or(Value::Null, render::payment_method),
    );
    fail(&mut pi, &error);
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_intent(store, call, "payment_intent.payment_failed", &pi);
}

fn fail(pi: &mut PaymentIntent, error: &ApiError) {
    pi.last_payment_error = Some(error.body.clone());
    pi.status = Status::RequiresPaymentMethod;
    pi.payment_method = None;
    pi.challenge = None;
    pi.authenticated = false;
}

fn new_charge(call: &mut Call<'_>, pi: &PaymentIntent, method: &PaymentMethod) -> Charge {
    Charge {
        id: call.id("ch_"),
        livemode: pi.livemode,
        created: call.now,
        amount: pi.amount,
        amount_captured: 0,
        amount_refunded: 0,
        authenticated: pi.authenticated,
        balance_transaction: None,
        billing_details: method.billing_details.clone(),
        captured: false,
        capture_before: None,
        card: method.card.clone(),
        currency: pi.currency.clone(),
        customer: pi.customer.clone(),
        description: pi.description.clone(),
        disputed: false,
        failure: None,
        metadata: pi.metadata.clone(),
        moto: pi.moto,
        multicapture: false,
        network_transaction_id: call.env.random_id("", 15, b"0123456789"),
        payment_intent: pi.id.clone(),
        payment_method: method.id.clone(),
        receipt_email: pi.receipt_email.clone(),
        refunded: false,
        shipping: pi.shipping.clone(),
        statement_descriptor_suffix: pi.statement_descriptor_suffix.clone(),
    }
}
