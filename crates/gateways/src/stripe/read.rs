//! The meaning of Stripe's answers.

use serde::Deserialize;
use serde_json::Value;

use super::{
    actions, failure,
    object::{List, Refund, id_of},
    snapshot,
};
use crate::{
    outcome::{Action, ActionOutcome, FoundOutcome, PaymentOutcome},
    recovery::ActionStatus,
    snapshot::{PaymentSnapshot, PaymentStatus},
    wire::{PspRequest, PspResponse},
};

pub(super) fn payment(request: &PspRequest, response: &PspResponse) -> PaymentOutcome {
    let snapshot = match response.status {
        200..=299 => body(response).and_then(|answer| snapshot::read(&answer, &answer, None)),
        402 => declined(response),
        _ => return failure::read(request, response).into(),
    };
    match snapshot {
        Ok(snapshot) => PaymentOutcome::Done(Box::new(of_account(snapshot, response))),
        Err(reason) => PaymentOutcome::Unknown(reason),
    }
}

/// An answer names the connected account of the request (Stripe docs: Connect, `Stripe-Account`).
fn of_account(snapshot: PaymentSnapshot, response: &PspResponse) -> PaymentSnapshot {
    PaymentSnapshot {
        account: response.header("stripe-account").map(ToOwned::to_owned),
        ..snapshot
    }
}

/// The payment of a decline is within the error, not at the top.
fn declined(response: &PspResponse) -> Result<PaymentSnapshot, String> {
    let answer = body(response)?;
    let error = failure::error_body(response)
        .ok_or("a decline without an error in Stripe's form")?
        .error;
    let intent = error
        .payment_intent
        .as_ref()
        .ok_or("a decline without its payment")?;
    snapshot::read(intent, &answer, Some(&error))
}

pub(super) fn found(transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome {
    if !(200..=299).contains(&response.status) {
        return failure::read(request, response).into();
    }
    let list =
        match body(response).and_then(|list| List::deserialize(list).map_err(|error| error.to_string())) {
            Ok(list) => list,
            Err(reason) => return FoundOutcome::Unknown(reason),
        };
    let ours =
        |intent: &&Value| snapshot::transaction_id(intent.get("metadata")).as_deref() == Some(transaction_id);
    if let Some(intent) = list.data.iter().find(ours) {
        return match snapshot::read(intent, intent, None) {
            Ok(snapshot) => FoundOutcome::Found(Box::new(of_account(snapshot, response))),
            Err(reason) => FoundOutcome::Unknown(reason),
        };
    }
    match list.data.last().and_then(id_of) {
        _ if !list.has_more => FoundOutcome::NotFound,
        Some(last) => FoundOutcome::More(last),
        None => FoundOutcome::Unknown("the list goes on, but has no last element".to_owned()),
    }
}

pub(super) fn action(request: &PspRequest, response: &PspResponse) -> ActionOutcome {
    match response.status {
        200..=299 => {}
        402 => {
            let decline = declined(response).map(|snapshot| snapshot.decline);
            return match decline {
                Ok(Some(decline)) => ActionOutcome::Failed(decline),
                Ok(None) => ActionOutcome::Unknown("a decline without a reason".to_owned()),
                Err(reason) => ActionOutcome::Unknown(reason),
            };
        }
        _ => return failure::read(request, response).into(),
    }
    let outcome = body(response).and_then(|answer| match answer.get("object").and_then(Value::as_str) {
        Some("refund") => refund(&answer),
        _ => {
            let snapshot = snapshot::read(&answer, &answer, None);
            snapshot.map(|snapshot| capture_or_cancel(of_account(snapshot, response)))
        }
    });
    outcome.unwrap_or_else(ActionOutcome::Unknown)
}

fn refund(answer: &Value) -> Result<ActionOutcome, String> {
    let refund = Refund::deserialize(answer).map_err(|error| format!("no refund: {error}"))?;
    let amount = Some(snapshot::money(refund.amount, &refund.currency)?);
    let status = actions::status(&refund);
    let action = Action {
        id: Some(refund.id),
        amount,
        payment: None,
    };
    Ok(match status {
        ActionStatus::Done => ActionOutcome::Done(action),
        ActionStatus::Pending => ActionOutcome::Accepted(action),
        ActionStatus::Failed(decline) => ActionOutcome::Failed(decline),
        ActionStatus::Unknown(word) => ActionOutcome::Unknown(format!("the refund is {word}")),
    })
}

fn capture_or_cancel(snapshot: PaymentSnapshot) -> ActionOutcome {
    let status = snapshot.status.clone();
    let action = Action {
        id: snapshot.charge_id.clone(),
        amount: None,
        payment: Some(Box::new(snapshot)),
    };
    match status {
        PaymentStatus::Captured
        | PaymentStatus::PartiallyCaptured
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Canceled => ActionOutcome::Done(action),
        PaymentStatus::Processing => ActionOutcome::Accepted(action),
        other => ActionOutcome::Unknown(format!("the payment is {other:?} afterwards")),
    }
}

pub(super) fn body(response: &PspResponse) -> Result<Value, String> {
    serde_json::from_slice(&response.body).map_err(|error| format!("Stripe's answer is not JSON: {error}"))
}
