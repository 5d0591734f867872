//! `POST /v1/payment_intents`

use serde_json::Value;

use super::super::call::Call;
use super::super::currency::{check_amount, check_currency};
use super::super::error::ApiError;
use super::super::events;
use super::super::model::{Metadata, PaymentIntent, Status};
use super::super::params::Params;
use super::super::payment_methods::find_customer;
use super::super::store::{Place, Store};
use super::confirm::{self, Options};
use super::input::{Fields, MethodInput};
use super::{reset, view};

pub(in super::super) fn create(
    store: &mut Store,
    call: &mut Call<'_>,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let amount = params
        .integer("amount")?
        .ok_or_else(|| ApiError::missing("amount"))?;
    let currency = params.required("currency")?;
    check_currency(&currency)?;
    check_amount(amount, &currency)?;
    let customer = params.text("customer")?;
    let fields = Fields::read(&mut params)?;
    let automatic = read_automatic(&mut params)?;
    let confirmation_method = params.one_of("confirmation_method", &["automatic", "manual"])?;
    let metadata = params.metadata()?;
    let method = MethodInput::read(&mut params, call)?;
    let confirm = params.boolean("confirm")?.unwrap_or(false);
    let options = Options::read(&mut params, call.caller)?;
    params.finish()?;
    if let Some(param) = options.given().filter(|_| !confirm) {
        return Err(ApiError::invalid(format!(
            "You can only provide `{param}` when creating a PaymentIntent with `confirm` set to true."
        ))
        .with_param(param));
    }
    if !confirm {
        fields.refuse_moto()?;
    }
    if let Some(customer) = &customer {
        find_customer(store, call, customer, Place::Param("customer"))?;
    }

    let automatic_payment_methods = automatic.redirects(fields.has_types())?;

    let id = call.id("pi_");
    let mut pi = PaymentIntent {
        livemode: call.caller.livemode,
        created: call.now,
        amount,
        amount_capturable: 0,
        amount_received: 0,
        automatic_payment_methods,
        authenticated: false,
        canceled_at: None,
        cancellation_reason: None,
        capture_method: "automatic_async".to_owned(),
        challenge: None,
        client_secret: format!("{id}_secret_{}", call.secret(25)),
        confirmation_method: confirmation_method.unwrap_or_else(|| "automatic".to_owned()),
        currency,
        customer,
        description: None,
        last_payment_error: None,
        latest_charge: None,
        metadata: Metadata::new(),
        moto: false,
        payment_method: None,
        payment_method_types: vec!["card".to_owned()],
        receipt_email: None,
        request_multicapture: None,
        request_three_d_secure: "automatic".to_owned(),
        return_url: None,
        setup_future_usage: None,
        shipping: None,
        statement_descriptor: None,
        statement_descriptor_suffix: None,
        status: Status::RequiresPaymentMethod,
        id,
    };
    fields.apply(&mut pi);
    metadata.apply(&mut pi.metadata)?;
    if confirm {
        confirm::check(call, &pi, method.is_some(), &options)?;
    }
    if let Some(method) = method {
        let method = method.resolve(store, call)?;
        confirm::check_method(&pi, &method)?;
        pi.payment_method = Some(method.id.clone());
        reset(&mut pi);
        if confirm {
            events::of_intent(store, call, "payment_intent.created", &pi);
            let pi = confirm::run(store, call, pi, method, &options)?;
            return Ok(view::answer(store, call, &expansion, &pi));
        }
    }
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_intent(store, call, "payment_intent.created", &pi);
    Ok(view::answer(store, call, &expansion, &pi))
}

/// `automatic_payment_methods[enabled]`, `[allow_redirects]`.
enum Automatic {
    Absent,
    Disabled,
    Enabled(&'static str),
}

impl Automatic {
    /// The stored `allow_redirects`: by default, payment methods are chosen automatically.
    fn redirects(self, has_types: bool) -> Result<Option<String>, ApiError> {
        match self {
            Self::Enabled(_) if has_types => Err(ApiError::invalid(
                "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            )),
            Self::Enabled(redirects) => Ok(Some(redirects.to_owned())),
            Self::Absent if !has_types => Ok(Some("always".to_owned())),
            Self::Absent | Self::Disabled => Ok(None),
        }
    }
}

fn read_automatic(params: &mut Params) -> Result<Automatic, ApiError> {
    let Some(mut fields) = params.object("automatic_payment_methods")? else {
        return Ok(Automatic::Absent);
    };
    let enabled = fields
        .boolean("enabled")?
        .ok_or_else(|| ApiError::missing("automatic_payment_methods[enabled]"))?;
    let redirects = fields.one_of("allow_redirects", &["always", "never"])?;
    fields.finish()?;
    let redirects = if redirects.as_deref() == Some("never") {
        "never"
    } else {
        "always"
    };
    Ok(if enabled {
        Automatic::Enabled(redirects)
    } else {
        Automatic::Disabled
    })
}
