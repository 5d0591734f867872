//! Saved instruments (Checkout.com docs: API reference, instruments). Customers come with payments: Checkout.com creates one for
//! each e-mail address.

use serde_json::Value;

use super::{
    failure,
    read::{body, is_success},
    request::get,
};
use crate::{
    gateway::GatewaySettings,
    instruments::InstrumentOutcome,
    operation::{Unsupported, checked_id},
    wire::{Method, PspRequest, PspResponse},
};

pub(super) fn delete(settings: &GatewaySettings, id: &str) -> Result<PspRequest, Unsupported> {
    Ok(PspRequest {
        method: Method::Delete,
        ..retrieve(settings, id)?
    })
}

pub(super) fn retrieve(settings: &GatewaySettings, id: &str) -> Result<PspRequest, Unsupported> {
    Ok(get(settings, &format!("/instruments/{}", checked_id(id)?)))
}

/// A removal has no body. A removed instrument is no longer found.
pub(super) fn read_instrument(request: &PspRequest, response: &PspResponse) -> InstrumentOutcome {
    match response.status {
        204 | 404 => return InstrumentOutcome::Gone,
        _ if !is_success(response) => return failure::read(request, response).into(),
        _ => {}
    }
    let answer: Value = match body(response) {
        Ok(answer) => answer,
        Err(reason) => return InstrumentOutcome::Unknown(reason),
    };
    match answer.pointer("/customer/id").and_then(Value::as_str) {
        Some(customer) => InstrumentOutcome::Kept {
            customer: customer.to_owned(),
        },
        None => InstrumentOutcome::Unknown("an instrument without a customer".to_owned()),
    }
}
