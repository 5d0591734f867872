//! `/v1/payment_methods`

use serde_json::Value;

use super::call::Call;
use super::cards;
use super::details;
use super::error::ApiError;
use super::expand::Expansion;
use super::model::{BillingDetails, Card, Customer, Metadata, PaymentMethod};
use super::params::{MetadataChange, Params};
use super::store::{Place, Store, find};
use super::{render, tokens};

/// The parameters of `POST /v1/payment_methods`, and `payment_method_data[…]` of other endpoints.
pub(super) struct Input {
    card: CardInput,
    billing_details: BillingDetails,
    metadata: MetadataChange,
    allow_redisplay: Option<String>,
}

enum CardInput {
    Token { id: String, param: String },
    Plain(Box<Card>),
}

impl Input {
    pub(super) fn read(params: &mut Params, call: &mut Call<'_>) -> Result<Self, ApiError> {
        let kind = params.required("type")?;
        if kind != "card" {
            return Err(ApiError::invalid(format!(
                "The sandbox has no payment methods of type {kind}: use card."
            ))
            .with_param(&params.name("type")));
        }
        let missing = ApiError::missing(&params.name("card"));
        let mut fields = params.object("card")?.ok_or(missing)?;
        let card = match fields.text("token")? {
            Some(id) => CardInput::Token {
                id,
                param: fields.name("token"),
            },
            None => CardInput::Plain(Box::new(tokens::read_card(&mut fields, call)?)),
        };
        fields.finish()?;
        Ok(Self {
            card,
            billing_details: details::billing(params)?,
            metadata: params.metadata()?,
            allow_redisplay: params.one_of("allow_redisplay", &["always", "limited", "unspecified"])?,
        })
    }

    /// Creates the payment method, using up its token.
    pub(super) fn create(self, store: &mut Store, call: &mut Call<'_>) -> Result<PaymentMethod, ApiError> {
        let card = match self.card {
            CardInput::Token { id, param } => tokens::redeem(store, call, &id, &param)?,
            CardInput::Plain(card) => *card,
        };
        let mut method = of_card(call, "pm_", card);
        // The token's data completes the request's.
        let given = self.billing_details;
        let implied = std::mem::take(&mut method.billing_details);
        method.billing_details = BillingDetails {
            name: given.name.clone().or(implied.name),
            ..given
        };
        let postal_code = &mut method.billing_details.address.postal_code;
        *postal_code = postal_code.take().or(implied.address.postal_code);
        method.metadata = self.metadata.into_metadata();
        if let Some(allow_redisplay) = self.allow_redisplay {
            method.allow_redisplay = allow_redisplay;
        }
        store.payment_methods.put(call.env, &method.id, method.clone());
        Ok(method)
    }
}

/// `POST /v1/payment_methods`
pub(super) fn create(store: &mut Store, call: &mut Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "payment_method", "")?;
    let input = Input::read(&mut params, call)?;
    params.finish()?;
    let method = input.create(store, call)?;
    Ok(answer(store, call, &expansion, &method))
}

/// `GET /v1/payment_methods/{id}`
pub(super) fn retrieve(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "payment_method", "")?;
    params.finish()?;
    let method = resolve(store, call, id, Place::Path("payment_method"))?;
    Ok(answer(store, call, &expansion, &method))
}

/// `POST /v1/payment_methods/{id}/attach`
pub(super) fn attach(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "payment_method", "")?;
    let customer = params.required("customer")?;
    params.finish()?;
    let customer = find_customer(store, call, &customer, Place::Param("customer"))?;
    let method = resolve(store, call, id, Place::Path("payment_method"))?;
    let method = attach_to(store, call, method, &customer)?;
    Ok(answer(store, call, &expansion, &method))
}

/// `POST /v1/payment_methods/{id}/detach`: for good.
pub(super) fn detach(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = Expansion::read(&mut params, "payment_method", "")?;
    params.finish()?;
    let mut method = find(&store.payment_methods, call, id, Place::Path("payment_method"))?;
    let Some(customer) = method.customer.take() else {
        return Err(ApiError::conflict(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        ));
    };
    method.spent = true;
    store.payment_methods.put(call.env, id, method.clone());
    if let Some(mut customer) = store.customers.get(&customer).cloned() {
        customer.default_payment_method.take_if(|default| default == id);
        customer.default_source.take_if(|default| default == id);
        store.customers.put(call.env, &customer.id.clone(), customer);
    }
    Ok(answer(store, call, &expansion, &method))
}

/// Attaches a payment method to a customer; a card that the issuer declines is not attached.
pub(super) fn attach_to(
    store: &mut Store,
    call: &mut Call<'_>,
    mut method: PaymentMethod,
    customer: &Customer,
) -> Result<PaymentMethod, ApiError> {
    match &method.customer {
        Some(owner) if *owner == customer.id => return Ok(method),
        Some(_) => {
            return Err(ApiError::conflict(
                "The payment method you provided has already been attached to a customer.",
            )
            .with_param("payment_method"));
        }
        None => {}
    }
    if method.spent {
        return Err(spent());
    }
    let behaviour = method.card.behaviour();
    if let Some(decline) = behaviour.decline.filter(|_| behaviour.declines_attach) {
        return Err(super::declines::error(&decline));
    }
    method.customer = Some(customer.id.clone());
    store.payment_methods.put(call.env, &method.id, method.clone());
    Ok(method)
}

/// The payment method with this id; an alias of a test card creates a new one.
pub(super) fn resolve(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    place: Place<'_>,
) -> Result<PaymentMethod, ApiError> {
    match cards::by_alias(id).filter(|_| id.starts_with("pm_card_")) {
        Some(card) => {
            let card = tokens::of_test_card(card, call.now);
            let method = of_card(call, "pm_", card);
            store.payment_methods.put(call.env, &method.id, method.clone());
            Ok(method)
        }
        None => find(&store.payment_methods, call, id, place),
    }
}

/// A payment method that isn't stored yet.
pub(super) fn of_card(call: &mut Call<'_>, prefix: &str, card: Card) -> PaymentMethod {
    let mut billing_details = BillingDetails {
        name: card.name.clone(),
        ..BillingDetails::default()
    };
    billing_details.address.postal_code.clone_from(&card.postal_code);
    PaymentMethod {
        id: call.id(prefix),
        livemode: call.caller.livemode,
        created: call.now,
        allow_redisplay: "unspecified".to_owned(),
        billing_details,
        card,
        customer: None,
        metadata: Metadata::new(),
        spent: false,
        set_up: false,
    }
}

/// 400 for a payment method that was used up.
pub(super) fn spent() -> ApiError {
    ApiError::conflict(
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was \
         detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach \
         it to a Customer first.",
    )
    .with_param("payment_method")
}

/// The customer with this id, unless it was deleted.
pub(super) fn find_customer(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    place: Place<'_>,
) -> Result<Customer, ApiError> {
    let customer = find(&store.customers, call, id, place)?;
    match place {
        Place::Param(param) if customer.deleted => {
            Err(ApiError::conflict(format!("No such customer: '{id}'"))
                .with_code("resource_missing")
                .with_param(param))
        }
        Place::Path(param) if customer.deleted => {
            Err(ApiError::not_found(format!("No such customer: '{id}'")).with_param(param))
        }
        _ => Ok(customer),
    }
}

fn answer(store: &Store, call: &Call<'_>, expansion: &Expansion, method: &PaymentMethod) -> Value {
    expansion.apply(store, call.env.public_url(), render::payment_method(method))
}
