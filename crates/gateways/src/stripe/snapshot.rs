//! A PaymentIntent in the domain's terms (Stripe docs: how intents work).

use serde::Deserialize;
use serde_json::{Value, json};
use tillgate_model::money::{Currency, Money};

use super::{
    failure::decline,
    object::{ApiError, Charge, Expandable, PaymentIntent, id_of},
    unit::unit,
};
use crate::{
    currency::from_psp,
    operation::CaptureMethod,
    redact::without_client_secret,
    snapshot::{Decline, PaymentInstrument, PaymentSnapshot, PaymentStatus, Reuse},
};

/// Reads a PaymentIntent. `answer` is the whole answer around it, `error` the error with it.
pub(super) fn read(
    intent: &Value,
    answer: &Value,
    error: Option<&ApiError>,
) -> Result<PaymentSnapshot, String> {
    let intent = PaymentIntent::deserialize(intent).map_err(|error| format!("no PaymentIntent: {error}"))?;
    let charge = match &intent.latest_charge {
        Some(Expandable::Object(charge)) => Some(charge.as_ref()),
        _ => None,
    };
    let charge_id = match &intent.latest_charge {
        Some(Expandable::Id(id)) => Some(id.clone()),
        Some(Expandable::Object(charge)) => Some(charge.id.clone()),
        None => error.and_then(|error| id_of(error.charge.as_ref()?)),
    };
    let refunded = match (&intent.latest_charge, charge) {
        (None, _) => Some(0),
        (_, Some(charge)) => refunded(charge, intent.status == "requires_capture"),
        (Some(_), None) => None,
    };
    let captured = intent.amount_received.unwrap_or(0);
    let mut status = status(&intent, charge, captured, refunded.unwrap_or(0));
    let mut decline = (status == PaymentStatus::Declined).then(|| last_decline(&intent, charge));
    if let Some(error) = error {
        decline = Some(self::decline(error));
        if matches!(
            status,
            PaymentStatus::RequiresInstrument | PaymentStatus::RequiresConfirmation
        ) {
            status = PaymentStatus::Declined;
        }
    }
    let amount = |units: i64| money(units, &intent.currency);
    let tried = error
        .or(intent.last_payment_error.as_ref())
        .and_then(|error| error.payment_method.as_ref());
    let payment_method = intent.payment_method.as_ref().or(tried);
    Ok(PaymentSnapshot {
        amount: Some(amount(intent.amount)?),
        amount_capturable: Some(amount(intent.amount_capturable.unwrap_or(0))?),
        amount_captured: Some(amount(captured)?),
        amount_refunded: refunded.map(amount).transpose()?,
        charge_id,
        action_id: None,
        decline,
        redirect_url: redirect_url(intent.next_action.as_ref()),
        payment_method: payment_method.map(as_object),
        instrument: card(charge, payment_method),
        multicapture: charge.and_then(multicapture),
        source_id: None,
        reuse: reuse(&intent),
        customer_token: intent.customer.as_ref().and_then(id_of),
        transaction_id: transaction_id(intent.metadata.as_ref()),
        actions: None,
        lists_captures: false,
        order_id: order_id(intent.metadata.as_ref()),
        account: None,
        live: intent.livemode,
        capture: intent.capture_method.as_deref().and_then(capture),
        response: without_client_secret(answer.clone()),
        psp_id: intent.id,
        client_secret: intent.client_secret,
        status,
    })
}

/// A payment that was set up for later ones attaches the payment method to its customer, or leaves that to a later request
/// (Stripe docs: PaymentIntents, setup_future_usage). Any other payment uses up an unattached payment method.
fn reuse(intent: &PaymentIntent) -> Reuse {
    match (&intent.setup_future_usage, &intent.customer) {
        (None, _) => Reuse::No,
        (Some(_), None) => Reuse::OnceAttached,
        (Some(_), Some(_)) => Reuse::Yes,
    }
}

/// An amount from Stripe.
pub(super) fn money(units: i64, currency: &str) -> Result<Money, String> {
    let unreadable = || format!("{units} {currency} is no amount that can be read");
    let currency: Currency = currency.to_ascii_uppercase().parse().map_err(|_| unreadable())?;
    let unit = unit(currency).map_err(|_| unreadable())?;
    from_psp(units, currency, unit).ok_or_else(unreadable)
}

/// The id of our transaction in the metadata of a Stripe object.
pub(super) fn transaction_id(metadata: Option<&Value>) -> Option<String> {
    Some(metadata?.get("transaction_id")?.as_str()?.to_owned())
}

fn order_id(metadata: Option<&Value>) -> Option<String> {
    Some(metadata?.get("order_id")?.as_str()?.to_owned())
}

fn capture(method: &str) -> Option<CaptureMethod> {
    match method {
        "automatic" | "automatic_async" => Some(CaptureMethod::Automatic),
        "manual" => Some(CaptureMethod::Manual),
        _ => None,
    }
}

/// `requires_payment_method` is the first state, and also the state after a decline; `requires_capture` lasts while parts are
/// captured; `succeeded` lasts while parts are refunded. A payment that is cancelled after a partial capture has only lost the
/// rest.
fn status(intent: &PaymentIntent, charge: Option<&Charge>, captured: i64, refunded: i64) -> PaymentStatus {
    match intent.status.as_str() {
        "requires_payment_method"
            if intent.last_payment_error.is_some() || charge.is_some_and(has_failed) =>
        {
            PaymentStatus::Declined
        }
        "requires_payment_method" => PaymentStatus::RequiresInstrument,
        "requires_confirmation" => PaymentStatus::RequiresConfirmation,
        "requires_action" => PaymentStatus::RequiresAction,
        "processing" => PaymentStatus::Processing,
        "requires_capture" if captured > 0 => PaymentStatus::PartiallyCaptured,
        "requires_capture" => PaymentStatus::Authorized,
        "succeeded" | "canceled" if captured > 0 && refunded >= captured => PaymentStatus::Refunded,
        "succeeded" | "canceled" if captured > 0 && refunded > 0 => PaymentStatus::PartiallyRefunded,
        "succeeded" => PaymentStatus::Captured,
        "canceled" if captured > 0 => PaymentStatus::Captured,
        "canceled"
            if matches!(
                intent.cancellation_reason.as_deref(),
                Some("automatic" | "expired")
            ) =>
        {
            PaymentStatus::Expired
        }
        "canceled" => PaymentStatus::Canceled,
        other => PaymentStatus::Unknown(other.to_owned()),
    }
}

fn has_failed(charge: &Charge) -> bool {
    charge.status.as_deref() == Some("failed")
}

/// The refunded amount. Stripe also counts releases of a hold as refunded: all of it after a cancellation, and the rest after a
/// partial capture. If the numbers don't show whether the rest is included, they prove nothing.
fn refunded(charge: &Charge, is_held: bool) -> Option<i64> {
    let shown = charge.amount_refunded.unwrap_or(0);
    if charge.captured != Some(true) {
        return Some(0);
    }
    let Some((held, captured)) = charge.amount.zip(charge.amount_captured) else {
        return Some(shown);
    };
    let released = if is_held { 0 } else { held - captured };
    if released <= 0 || shown < released {
        Some(shown)
    } else if charge.refunded == Some(true) {
        Some(captured)
    } else {
        (shown > captured).then_some(shown - released)
    }
}

fn last_decline(intent: &PaymentIntent, charge: Option<&Charge>) -> Decline {
    if let Some(error) = &intent.last_payment_error {
        return decline(error);
    }
    decline(&ApiError {
        kind: Some("card_error".to_owned()),
        code: charge.and_then(|charge| charge.failure_code.clone()),
        message: charge.and_then(|charge| charge.failure_message.clone()),
        decline_code: None,
        param: None,
        charge: None,
        payment_intent: None,
        payment_method: None,
    })
}

/// Only a redirect can be followed without Stripe.js; other kinds, and one without its body, have no URL.
fn redirect_url(next_action: Option<&Value>) -> Option<String> {
    Some(next_action?.pointer("/redirect_to_url/url")?.as_str()?.to_owned())
}

fn as_object(payment_method: &Value) -> Value {
    match payment_method {
        Value::String(id) => json!({ "id": id }),
        other => without_client_secret(other.clone()),
    }
}

/// Whether the card allows several captures, if they were requested.
fn multicapture(charge: &Charge) -> Option<bool> {
    let details = charge.payment_method_details.as_ref()?;
    let status = details.pointer("/card/multicapture/status")?.as_str()?;
    Some(status == "available")
}

fn card(charge: Option<&Charge>, payment_method: Option<&Value>) -> Option<PaymentInstrument> {
    let details = charge.and_then(|charge| charge.payment_method_details.as_ref());
    let details = details.or(payment_method.filter(|value| value.is_object()))?;
    let kind = details.get("type").and_then(Value::as_str).unwrap_or("card");
    let card = details.get(kind);
    let text = |name: &str| card?.get(name)?.as_str().map(ToOwned::to_owned);
    let number = |name: &str| Some(card?.get(name)?.as_i64()?.to_string());
    Some(PaymentInstrument {
        issuer_type: Some(kind.to_owned()),
        card_type: text("brand"),
        card_last_digits: text("last4"),
        card_expiry_month: number("exp_month"),
        card_expiry_year: number("exp_year"),
    })
}
