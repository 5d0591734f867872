//! Customers and saved payment methods (Stripe docs: API reference, Customers and PaymentMethods).

use serde::Deserialize;
use serde_json::Value;

use super::{
    failure,
    form::Form,
    object::{List, id_of},
    read::body,
    request::{get, post},
};
use crate::{
    gateway::GatewaySettings,
    instruments::{CreateCustomer, CustomerOutcome, InstrumentOutcome},
    operation::{Unsupported, checked_id},
    outcome::{Failure, RefusalKind},
    wire::{PspRequest, PspResponse},
};

const CUSTOMERS: &str = "/v1/customers";
const REFERENCE: &str = "gateway_customer_id";

pub(super) fn create_customer(settings: &GatewaySettings, args: &CreateCustomer, key: &str) -> PspRequest {
    let form = Form::new()
        .with("email", &args.email)
        .with(&format!("metadata[{REFERENCE}]"), &args.reference)
        .with("metadata[customer_id]", &args.customer_id);
    post(settings, CUSTOMERS, form, key)
}

/// Stripe's search by metadata lags behind; a list by e-mail address does not.
pub(super) fn find_customer(
    settings: &GatewaySettings,
    args: &CreateCustomer,
    cursor: Option<&str>,
) -> PspRequest {
    let query = Form::new()
        .with("email", &args.email)
        .with("limit", "100")
        .with_some("starting_after", cursor);
    get(settings, &format!("{CUSTOMERS}?{}", query.encode()))
}

/// Reads a customer, or a list of them.
pub(super) fn read_customer(
    reference: &str,
    request: &PspRequest,
    response: &PspResponse,
) -> CustomerOutcome {
    if !(200..=299).contains(&response.status) {
        return failure::read(request, response).into();
    }
    let answer = match body(response) {
        Ok(answer) => answer,
        Err(reason) => return CustomerOutcome::Unknown(reason),
    };
    if answer["object"] == "customer" {
        return id_of(&answer).map_or_else(
            || CustomerOutcome::Unknown("a customer without an id".to_owned()),
            CustomerOutcome::Known,
        );
    }
    let list = match List::deserialize(answer) {
        Ok(list) => list,
        Err(error) => return CustomerOutcome::Unknown(error.to_string()),
    };
    let ours = |customer: &&Value| customer["metadata"][REFERENCE] == reference;
    if let Some(id) = list.data.iter().find(ours).and_then(id_of) {
        return CustomerOutcome::Known(id);
    }
    match list.data.last().and_then(id_of) {
        _ if !list.has_more => CustomerOutcome::NotFound,
        Some(last) => CustomerOutcome::More(last),
        None => CustomerOutcome::Unknown("the list goes on, but has no last element".to_owned()),
    }
}

pub(super) fn attach(
    settings: &GatewaySettings,
    id: &str,
    customer: &str,
    key: &str,
) -> Result<PspRequest, Unsupported> {
    let form = Form::new().with("customer", checked_id(customer)?);
    Ok(post(settings, &method_path(id, "/attach")?, form, key))
}

pub(super) fn detach(settings: &GatewaySettings, id: &str, key: &str) -> Result<PspRequest, Unsupported> {
    Ok(post(settings, &method_path(id, "/detach")?, Form::new(), key))
}

pub(super) fn retrieve(settings: &GatewaySettings, id: &str) -> Result<PspRequest, Unsupported> {
    Ok(get(settings, &method_path(id, "")?))
}

fn method_path(id: &str, operation: &str) -> Result<String, Unsupported> {
    Ok(format!("/v1/payment_methods/{}{operation}", checked_id(id)?))
}

/// A payment method without a customer was detached or used up: it can't be charged again.
pub(super) fn read_instrument(request: &PspRequest, response: &PspResponse) -> InstrumentOutcome {
    if !(200..=299).contains(&response.status) {
        return match failure::read(request, response) {
            Failure::Refused(refusal) if refusal.kind == RefusalKind::NotFound => InstrumentOutcome::Gone,
            other => other.into(),
        };
    }
    match body(response) {
        Ok(answer) if answer["object"] == "payment_method" => answer
            .get("customer")
            .and_then(id_of)
            .map_or(InstrumentOutcome::Gone, |customer| InstrumentOutcome::Kept {
                customer,
            }),
        Ok(_) => InstrumentOutcome::Unknown("the answer is no payment method".to_owned()),
        Err(reason) => InstrumentOutcome::Unknown(reason),
    }
}
