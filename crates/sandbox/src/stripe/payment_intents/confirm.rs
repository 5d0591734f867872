//! `POST /v1/payment_intents/{id}/confirm`

use serde_json::Value;

use super::super::auth::Caller;
use super::super::call::Call;
use super::super::cards::{Authentication, Decline};
use super::super::error::ApiError;
use super::super::events;
use super::super::model::{Challenge, PaymentIntent, PaymentMethod, Status};
use super::super::params::Params;
use super::super::payment_methods;
use super::super::store::{Place, Store, find};
use super::super::test_cards::AUTHENTICATION_REQUIRED;
use super::input::{Fields, MethodInput};
use super::{attempt, find_for_caller, unexpected_state, view};

/// Options of a confirmation.
pub(super) struct Options {
    return_url: Option<String>,
    off_session: Option<bool>,
    error_on_requires_action: Option<bool>,
    use_stripe_sdk: Option<bool>,
}

impl Options {
    /// Reads the options. A browser can't claim that the buyer is absent.
    pub(super) fn read(params: &mut Params, caller: Caller) -> Result<Self, ApiError> {
        let return_url = params.text("return_url")?;
        if let Some(url) = &return_url {
            let parsed: Result<http::Uri, _> = url.parse();
            if !parsed.is_ok_and(|uri| uri.scheme().is_some() && uri.authority().is_some()) {
                return Err(ApiError::invalid("Not a valid URL")
                    .with_code("url_invalid")
                    .with_param("return_url"));
            }
        }
        Ok(Self {
            return_url,
            off_session: if caller.publishable {
                None
            } else {
                read_off_session(params)?
            },
            error_on_requires_action: params.boolean("error_on_requires_action")?,
            use_stripe_sdk: params.boolean("use_stripe_sdk")?,
        })
    }

    /// The first option that requires a confirmation.
    pub(super) fn given(&self) -> Option<&'static str> {
        [
            (self.return_url.is_some(), "return_url"),
            (self.off_session.is_some(), "off_session"),
            (
                self.error_on_requires_action.is_some(),
                "error_on_requires_action",
            ),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }
}

/// `true`, `false`, or a kind of absence.
fn read_off_session(params: &mut Params) -> Result<Option<bool>, ApiError> {
    let value = params.one_of("off_session", &["true", "false", "one_off", "recurring"])?;
    Ok(value.map(|value| value != "false"))
}

pub(in super::super) fn confirm(
    store: &mut Store,
    call: &mut Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let expansion = view::read_expansion(&mut params, call.caller)?;
    let client_secret = params.text("client_secret")?;
    let fields = Fields::read_for_confirmation(&mut params, call.caller)?;
    let method = MethodInput::read(&mut params, call)?;
    let options = Options::read(&mut params, call.caller)?;
    let amount_to_confirm = if call.caller.publishable {
        None
    } else {
        params.integer("amount_to_confirm")?
    };
    params.finish()?;

    let mut pi = find_for_caller(store, call, id, client_secret.as_deref())?;
    check(call, &pi, method.is_some(), &options)?;
    if amount_to_confirm.is_some_and(|amount| amount != pi.amount) {
        return Err(ApiError::conflict(
            "The provided amount_to_confirm does not match the amount of the PaymentIntent.",
        )
        .with_param("amount_to_confirm"));
    }
    fields.apply(&mut pi);
    let current = pi.payment_method.take();
    let method = match (method, current) {
        (Some(method), _) => {
            pi.authenticated = false;
            method.resolve(store, call)?
        }
        (None, Some(current)) => find(
            &store.payment_methods,
            call,
            &current,
            Place::Param("payment_method"),
        )?,
        (None, None) => return Err(missing_method(call, &pi)),
    };
    let pi = run(store, call, pi, method, &options)?;
    Ok(view::answer(store, call, &expansion, &pi))
}

/// Makes all checks that are possible before a token is used up.
pub(super) fn check(
    call: &Call<'_>,
    pi: &PaymentIntent,
    brings_method: bool,
    options: &Options,
) -> Result<(), ApiError> {
    if !pi.status.is_open() {
        let message = match pi.status {
            Status::Canceled => {
                "You cannot confirm this PaymentIntent because it has a status of canceled.".to_owned()
            }
            status => format!(
                "You cannot confirm this PaymentIntent because it has already {} after being previously confirmed.",
                status.as_str()
            ),
        };
        return Err(unexpected_state(call, pi, message));
    }
    if call.caller.publishable && pi.confirmation_method == "manual" {
        return Err(ApiError::conflict(
            "This PaymentIntent cannot be confirmed with your publishable key because its `confirmation_method` is \
             set to `manual`. Please use your secret key instead.",
        )
        .with_code("payment_intent_unexpected_state"));
    }
    if !brings_method && pi.payment_method.is_none() {
        return Err(missing_method(call, pi));
    }
    let may_redirect = pi.automatic_payment_methods.as_deref() == Some("always");
    let has_return = options.return_url.is_some() || pi.return_url.is_some();
    if may_redirect && !has_return && options.use_stripe_sdk != Some(true) {
        return Err(ApiError::conflict(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of \
             these payment methods might redirect your customer off of your page, you must provide a `return_url`. \
             If you don't want to accept redirect-based payment methods, set \
             `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to \
             `never` when creating PaymentIntents.",
        )
        .with_param("return_url"));
    }
    Ok(())
}

/// Whether the payment method can be used for this PaymentIntent.
pub(super) fn check_method(pi: &PaymentIntent, method: &PaymentMethod) -> Result<(), ApiError> {
    if method.spent {
        return Err(payment_methods::spent());
    }
    match (&method.customer, &pi.customer) {
        (None, _) => Ok(()),
        (Some(owner), Some(customer)) if owner == customer => Ok(()),
        (Some(_), Some(_)) => Err(ApiError::conflict(format!(
            "The customer does not have a payment method with the ID {}. The payment method must be attached to the customer.",
            method.id
        ))
        .with_code("resource_missing")
        .with_param("payment_method")),
        (Some(_), None) => Err(ApiError::conflict(
            "The provided PaymentMethod is attached to a Customer. To use it, the PaymentIntent must have the same `customer`.",
        )
        .with_param("payment_method")),
    }
}

/// Attempts the payment and stores the PaymentIntent, even if the error is a decline.
pub(super) fn run(
    store: &mut Store,
    call: &mut Call<'_>,
    mut pi: PaymentIntent,
    method: PaymentMethod,
    options: &Options,
) -> Result<PaymentIntent, ApiError> {
    check_method(&pi, &method)?;
    pi.payment_method = Some(method.id.clone());
    pi.last_payment_error = None;
    if options.return_url.is_some() {
        pi.return_url.clone_from(&options.return_url);
    }
    let off_session = options.off_session == Some(true);
    if pi.authenticated || !needs_authentication(&pi, &method, off_session) {
        return attempt::complete(store, call, pi, method);
    }
    if off_session {
        return Err(attempt::decline(
            store,
            call,
            pi,
            &method,
            &AUTHENTICATION_REQUIRED,
        ));
    }
    if options.error_on_requires_action == Some(true) {
        let refused = Decline {
            decline_code: None,
            message: "This payment required an authentication action to complete, but `error_on_requires_action` was set.",
            ..AUTHENTICATION_REQUIRED
        };
        return Err(attempt::decline(store, call, pi, &method, &refused));
    }
    pi.challenge = Some(Challenge {
        key: call.secret(32),
        in_sdk: options.use_stripe_sdk == Some(true),
    });
    pi.status = Status::RequiresAction;
    store.payment_intents.put(call.env, &pi.id, pi.clone());
    events::of_intent(store, call, "payment_intent.requires_action", &pi);
    Ok(pi)
}

fn needs_authentication(pi: &PaymentIntent, method: &PaymentMethod, off_session: bool) -> bool {
    match method.card.behaviour().authentication {
        _ if pi.moto => false,
        Authentication::None => false,
        Authentication::OnRequest => pi.request_three_d_secure != "automatic" && !off_session,
        Authentication::UnlessSetUp => !method.set_up,
        Authentication::OnSession => !off_session,
        Authentication::Always => true,
    }
}

fn missing_method(call: &Call<'_>, pi: &PaymentIntent) -> ApiError {
    unexpected_state(
        call,
        pi,
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the \
         PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment \
         method or ConfirmationToken."
            .to_owned(),
    )
}
