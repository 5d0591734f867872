//! `/v1/payment_intents`

pub(super) mod attempt;
pub(super) mod cancel;
pub(super) mod capture;
pub(super) mod confirm;
pub(super) mod create;
mod input;
pub(super) mod update;
mod view;

use serde_json::Value;

use super::call::Call;
use super::error::ApiError;
use super::expand::Expansion;
use super::list::Page;
use super::model::{PaymentIntent, Status};
use super::params::Params;
use super::render;
use super::store::{Place, Store, find};

/// `GET /v1/payment_intents/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let client_secret = params.text("client_secret")?;
    params.finish()?;
    let pi = find_for_caller(store, call, id, client_secret.as_deref())?;
    Ok(view::answer(store, call, &expansion, &pi))
}

/// `GET /v1/payment_intents`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "list", "payment_intent")?;
    let page = Page::read(&mut params)?;
    let customer = params.text("customer")?;
    params.finish()?;
    let wanted = |pi: &PaymentIntent| customer.is_none() || pi.customer == customer;
    let render = |pi: &PaymentIntent| render::payment_intent(pi, call.env.public_url());
    let list = page.answer(
        call,
        &store.payment_intents,
        "/v1/payment_intents",
        wanted,
        render,
    )?;
    Ok(expansion.apply(store, call.env.public_url(), list))
}

/// The PaymentIntent, for a secret key or a holder of its client secret.
fn find_for_caller(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    client_secret: Option<&str>,
) -> Result<PaymentIntent, ApiError> {
    if call.caller.publishable && client_secret.is_none() {
        return Err(ApiError::missing("client_secret"));
    }
    let pi = find(&store.payment_intents, call, id, Place::Path("intent"))?;
    match client_secret {
        Some(secret) if secret != pi.client_secret => Err(ApiError::conflict(
            "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
        )
        .with_param("client_secret")),
        _ => Ok(pi),
    }
}

/// 400 because of the status, with the PaymentIntent in the error.
fn unexpected_state(call: &Call<'_>, pi: &PaymentIntent, message: String) -> ApiError {
    ApiError::conflict(message)
        .with_code("payment_intent_unexpected_state")
        .with("payment_intent", view::of_caller(call, pi))
}

const OPEN_STATUSES: &str = "requires_payment_method, requires_confirmation, requires_action";

/// Refuses to change `what` once money is reserved or the PaymentIntent has ended.
fn require_open(call: &Call<'_>, pi: &PaymentIntent, what: &str) -> Result<(), ApiError> {
    if pi.status.is_open() {
        return Ok(());
    }
    let status = pi.status.as_str();
    Err(unexpected_state(
        call,
        pi,
        format!(
            "This PaymentIntent's {what} could not be updated because it has a status of {status}. You may only \
             update the {what} of a PaymentIntent with one of the following statuses: {OPEN_STATUSES}."
        ),
    ))
}

/// Returns the PaymentIntent to the step before confirmation.
fn reset(pi: &mut PaymentIntent) {
    pi.challenge = None;
    pi.authenticated = false;
    pi.status = if pi.payment_method.is_some() {
        Status::RequiresConfirmation
    } else {
        Status::RequiresPaymentMethod
    };
}
