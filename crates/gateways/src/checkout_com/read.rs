//! The meaning of Checkout.com's answers.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{failure, snapshot};
use crate::{
    outcome::{Action, ActionOutcome, FoundOutcome, PaymentOutcome},
    wire::{PspRequest, PspResponse},
};

/// The answer to a capture, a void or a refund, which will be done or will fail.
#[derive(Deserialize)]
struct Acceptance {
    action_id: String,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Value>,
}

/// A decline is a success of HTTP here: 201, with the reason in the payment.
pub(super) fn payment(request: &PspRequest, response: &PspResponse) -> PaymentOutcome {
    if !is_success(response) {
        return failure::read(request, response).into();
    }
    match body::<Value>(response).and_then(|answer| snapshot::read(&answer)) {
        Ok(snapshot) => PaymentOutcome::Done(Box::new(snapshot)),
        Err(reason) => PaymentOutcome::Unknown(reason),
    }
}

/// The reference belongs to one attempt. If two payments have it, the outcome is unknown.
pub(super) fn found(transaction_id: &str, request: &PspRequest, response: &PspResponse) -> FoundOutcome {
    if !is_success(response) {
        return failure::read(request, response).into();
    }
    let list: List = match body(response) {
        Ok(list) => list,
        Err(reason) => return FoundOutcome::Unknown(reason),
    };
    let ours = |payment: &&Value| payment.get("reference").and_then(Value::as_str) == Some(transaction_id);
    let mut payments = list.data.iter().filter(ours);
    match (payments.next(), payments.next()) {
        (None, _) => FoundOutcome::NotFound,
        (Some(payment), None) => match snapshot::read(payment) {
            Ok(snapshot) => FoundOutcome::Found(Box::new(snapshot)),
            Err(reason) => FoundOutcome::Unknown(reason),
        },
        (Some(_), Some(_)) => FoundOutcome::Unknown("more than one payment has this reference".to_owned()),
    }
}

pub(super) fn accepted_action(request: &PspRequest, response: &PspResponse) -> ActionOutcome {
    if !is_success(response) {
        return failure::read(request, response).into();
    }
    match body::<Acceptance>(response) {
        Ok(acceptance) => ActionOutcome::Accepted(Action {
            id: Some(acceptance.action_id),
            amount: None,
            payment: None,
        }),
        Err(reason) => ActionOutcome::Unknown(reason),
    }
}

pub(super) fn is_success(response: &PspResponse) -> bool {
    (200..=299).contains(&response.status)
}

pub(super) fn body<T: DeserializeOwned>(response: &PspResponse) -> Result<T, String> {
    serde_json::from_slice(&response.body)
        .map_err(|error| format!("Checkout.com's answer can't be read: {error}"))
}
