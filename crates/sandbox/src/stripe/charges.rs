//! `/v1/charges`

use serde_json::Value;

use super::call::Call;
use super::error::ApiError;
use super::expand::Expansion;
use super::list::Page;
use super::model::Charge;
use super::params::Params;
use super::render;
use super::store::{Place, Store, find};

/// `GET /v1/charges/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "charge", "")?;
    params.finish()?;
    let charge = find(&store.charges, call, id, Place::Path("charge"))?;
    Ok(expansion.apply(store, call.env.public_url(), render::charge(&charge)))
}

/// `GET /v1/charges`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "list", "charge")?;
    let page = Page::read(&mut params)?;
    let payment_intent = params.text("payment_intent")?;
    let customer = params.text("customer")?;
    params.finish()?;
    let wanted = |charge: &Charge| {
        payment_intent
            .as_ref()
            .is_none_or(|id| *id == charge.payment_intent)
            && (customer.is_none() || charge.customer == customer)
    };
    let list = page.answer(call, &store.charges, "/v1/charges", wanted, render::charge)?;
    Ok(expansion.apply(store, call.env.public_url(), list))
}
