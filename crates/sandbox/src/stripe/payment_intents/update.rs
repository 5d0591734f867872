//! `POST /v1/payment_intents/{id}`

use serde_json::Value;

use super::super::call::Call;
use super::super::currency::{check_amount, check_currency};
use super::super::error::ApiError;
use super::super::params::Params;
use super::super::payment_methods::find_customer;
use super::super::store::{Place, Store, find};
use super::confirm;
use super::input::{Fields, MethodInput};
use super::{require_open, reset, view};

pub(in super::super) fn update(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let amount = params.integer("amount")?;
    let currency = params.text("currency")?;
    let customer = params.text("customer")?;
    let fields = Fields::read(&mut params)?;
    fields.refuse_moto()?;
    let metadata = params.metadata()?;
    let method = MethodInput::read(&mut params, call)?;
    params.finish()?;

    let mut pi = find(&store.payment_intents, call, id, Place::Path("intent"))?;
    let changed = [
        (amount.is_some(), "amount"),
        (currency.is_some(), "currency"),
        (customer.is_some(), "customer"),
        (method.is_some(), "payment_method"),
    ];
    let changed = changed
        .into_iter()
        .find_map(|(changes, name)| changes.then_some(name));
    if let Some(what) = changed.or_else(|| fields.changes_payment()) {
        require_open(call, &pi, what)?;
    }
    if let Some(currency) = &currency {
        check_currency(currency)?;
    }
    let before = (pi.amount, pi.currency.clone());
    pi.amount = amount.unwrap_or(pi.amount);
    pi.currency = currency.unwrap_or(pi.currency);
    let repriced = before != (pi.amount, pi.currency.clone());
    if repriced {
        check_amount(pi.amount, &pi.currency)?;
    }
    if let Some(customer) = customer {
        find_customer(store, call, &customer, Place::Param("customer"))?;
        if pi.customer.as_ref().is_some_and(|current| *current != customer) {
            return Err(ApiError::conflict(
                "You cannot modify `customer` on a PaymentIntent once it already has been set.",
            )
            .with_param("customer"));
        }
        pi.customer = Some(customer);
    }
    fields.apply(&mut pi);
    metadata.apply(&mut pi.metadata)?;
    if let Some(method) = method {
        let method = method.resolve(store, call)?;
        confirm::check_method(&pi, &method)?;
        pi.payment_method = Some(method.id);
        reset(&mut pi);
    } else if repriced {
        // The buyer has authenticated another amount.
        reset(&mut pi);
    }
    store.payment_intents.put(call.env, id, pi.clone());
    Ok(view::answer(store, call, &expansion, &pi))
}
