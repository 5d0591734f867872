//! `/v1/customers`

use serde_json::{Value, json};

use super::call::Call;
use super::details;
use super::error::ApiError;
use super::expand::Expansion;
use super::list::Page;
use super::model::{Customer, Metadata, Object as _};
use super::params::{MetadataChange, Params};
use super::payment_methods::{attach_to, find_customer, of_card, resolve};
use super::store::{Place, Store, find};
use super::{render, tokens};

/// The common parameters of creating and updating. The outer `Option` is whether the parameter was sent.
struct Input {
    address: Option<super::model::Address>,
    default_payment_method: Option<Option<String>>,
    description: Option<Option<String>>,
    email: Option<Option<String>>,
    metadata: MetadataChange,
    name: Option<Option<String>>,
    phone: Option<Option<String>>,
    shipping: Option<super::model::Shipping>,
    source: Option<String>,
}

impl Input {
    fn read(params: &mut Params) -> Result<Self, ApiError> {
        let default_payment_method = match params.object("invoice_settings")? {
            Some(mut settings) => {
                let default = settings.clearable("default_payment_method")?;
                settings.finish()?;
                default
            }
            None => None,
        };
        let input = Self {
            address: details::address(params)?,
            default_payment_method,
            description: params.clearable("description")?,
            email: params.clearable("email")?,
            metadata: params.metadata()?,
            name: params.clearable("name")?,
            phone: params.clearable("phone")?,
            shipping: details::shipping(params)?,
            source: params.text("source")?,
        };
        details::check_email(input.email.as_ref().and_then(Option::as_deref), "email")?;
        Ok(input)
    }

    fn apply(self, store: &mut Store, call: &mut Call<'_>, customer: &mut Customer) -> Result<(), ApiError> {
        if let Some(Some(method)) = &self.default_payment_method {
            let param = "invoice_settings[default_payment_method]";
            let method = resolve(store, call, method, Place::Param(param))?;
            if method.customer.as_ref() != Some(&customer.id) {
                return Err(ApiError::conflict(format!(
                    "The customer does not have a payment method with the ID {}. The payment method must be attached to the customer.",
                    method.id
                ))
                .with_code("resource_missing")
                .with_param(param));
            }
        }
        if let Some(token) = self.source {
            let card = tokens::redeem(store, call, &token, "source")?;
            let source = of_card(call, "card_", card);
            customer.default_source = Some(attach_to(store, call, source, customer)?.id);
        }
        self.metadata.apply(&mut customer.metadata)?;
        replace(&mut customer.default_payment_method, self.default_payment_method);
        replace(&mut customer.description, self.description);
        replace(&mut customer.email, self.email);
        replace(&mut customer.name, self.name);
        replace(&mut customer.phone, self.phone);
        customer.address = self.address.or(customer.address.take());
        customer.shipping = self.shipping.or(customer.shipping.take());
        Ok(())
    }
}

fn replace(field: &mut Option<String>, change: Option<Option<String>>) {
    if let Some(value) = change {
        *field = value;
    }
}

/// `POST /v1/customers`
pub(super) fn create(store: &mut Store, call: &mut Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "customer", "")?;
    let input = Input::read(&mut params)?;
    let payment_method = params.text("payment_method")?;
    params.finish()?;
    let mut customer = Customer {
        id: call.id("cus_"),
        livemode: call.caller.livemode,
        created: call.now,
        deleted: false,
        address: None,
        default_payment_method: None,
        default_source: None,
        description: None,
        email: None,
        invoice_prefix: call.secret(8).to_uppercase(),
        metadata: Metadata::new(),
        name: None,
        phone: None,
        shipping: None,
    };
    if let Some(id) = payment_method {
        let method = resolve(store, call, &id, Place::Param("payment_method"))?;
        attach_to(store, call, method, &customer)?;
    }
    input.apply(store, call, &mut customer)?;
    store.customers.put(call.env, &customer.id, customer.clone());
    Ok(expansion.apply(store, call.env.public_url(), render::customer(&customer)))
}

/// `GET /v1/customers/{id}`; a deleted customer is still shown as such.
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "customer", "")?;
    params.finish()?;
    let customer = find(&store.customers, call, id, Place::Path("id"))?;
    Ok(expansion.apply(store, call.env.public_url(), render::customer(&customer)))
}

/// `POST /v1/customers/{id}`
pub(super) fn update(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "customer", "")?;
    let input = Input::read(&mut params)?;
    params.finish()?;
    let mut customer = find_customer(store, call, id, Place::Path("id"))?;
    input.apply(store, call, &mut customer)?;
    store.customers.put(call.env, id, customer.clone());
    Ok(expansion.apply(store, call.env.public_url(), render::customer(&customer)))
}

/// `DELETE /v1/customers/{id}`: its payment methods can't be used any more.
pub(super) fn delete(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    params: Params,
) -> Result<Value, ApiError> {
    params.finish()?;
    let mut customer = find_customer(store, call, id, Place::Path("id"))?;
    let methods = store.payment_methods.iter().map(|(_, method)| method);
    let owned: Vec<_> = methods
        .filter(|method| method.customer.as_deref() == Some(id))
        .cloned()
        .collect();
    for mut method in owned {
        method.customer = None;
        method.spent = true;
        store.payment_methods.put(call.env, &method.id.clone(), method);
    }
    customer.deleted = true;
    store.customers.put(call.env, id, customer);
    Ok(json!({ "id": id, "object": "customer", "deleted": true }))
}

/// `GET /v1/customers`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "list", "customer")?;
    let page = Page::read(&mut params)?;
    let email = params.text("email")?;
    params.finish()?;
    let wanted = |customer: &Customer| !customer.deleted && (email.is_none() || customer.email == email);
    let list = page.answer(call, &store.customers, "/v1/customers", wanted, render::customer)?;
    Ok(expansion.apply(store, call.env.public_url(), list))
}

/// `GET /v1/customers/{id}/payment_methods`
pub(super) fn list_payment_methods(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "list", "payment_method")?;
    let page = Page::read(&mut params)?;
    let kind = params.text("type")?;
    params.finish()?;
    let customer = find_customer(store, call, id, Place::Path("customer"))?;
    let url = format!("/v1/customers/{id}/payment_methods");
    let is_card = kind.is_none_or(|kind| kind == "card");
    let list = page.answer(
        call,
        &store.payment_methods,
        &url,
        |method| is_card && method.customer.as_deref() == Some(customer.id()),
        render::payment_method,
    )?;
    Ok(expansion.apply(store, call.env.public_url(), list))
}
