//! The members of a PaymentIntent that a caller sees.

use serde_json::Value;

use super::super::auth::Caller;
use super::super::call::Call;
use super::super::error::ApiError;
use super::super::expand::Expansion;
use super::super::model::PaymentIntent;
use super::super::params::Params;
use super::super::render;
use super::super::store::Store;

/// The members for a holder of the client secret (Stripe docs: objects retrieved with a publishable key).
const PUBLISHABLE: &[&str] = &[
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "source",
    "status",
];

pub(super) fn read_expansion(params: &mut Params, caller: Caller) -> Result<Expansion, ApiError> {
    let expansion = Expansion::read(params, "payment_intent", "")?;
    if caller.publishable && expansion.exceeds("payment_method") {
        return Err(
            ApiError::invalid("Only payment_method can be expanded with a publishable key.")
                .with_param("expand"),
        );
    }
    Ok(expansion)
}

pub(super) fn of_caller(call: &Call<'_>, pi: &PaymentIntent) -> Value {
    let mut value = render::payment_intent(pi, call.env.public_url());
    if let Some(fields) = value.as_object_mut().filter(|_| call.caller.publishable) {
        fields.retain(|name, _| PUBLISHABLE.contains(&name.as_str()));
    }
    value
}

pub(super) fn answer(store: &Store, call: &Call<'_>, expansion: &Expansion, pi: &PaymentIntent) -> Value {
    expansion.apply(store, call.env.public_url(), of_caller(call, pi))
}
