//! A payment of Checkout.com in the domain's terms.

use serde::Deserialize;
use serde_json::Value;
use tillgate_model::money::{Currency, Money};

use super::{decline::decline, unit::unit};
use crate::{
    currency::from_psp,
    snapshot::{Decline, PaymentInstrument, PaymentSnapshot, PaymentStatus, Reuse},
};

/// The members of a payment that are read, from a creation (201: final, 202: pending, with few members) or a retrieval.
#[derive(Deserialize)]
struct Payment {
    id: String,
    status: String,
    amount: Option<i64>,
    currency: Option<String>,
    reference: Option<String>,
    action_id: Option<String>,
    response_code: Option<String>,
    response_summary: Option<String>,
    balances: Option<Balances>,
    actions: Option<Vec<Action>>,
}

#[derive(Deserialize)]
struct Balances {
    available_to_capture: Option<i64>,
    total_captured: Option<i64>,
    total_refunded: Option<i64>,
}

/// An action of a payment; a retrieval lists them, newest first.
#[derive(Deserialize)]
pub(super) struct Action {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub amount: Option<i64>,
    pub reference: Option<String>,
    pub approved: Option<bool>,
    pub response_code: Option<String>,
    pub response_summary: Option<String>,
}

impl Action {
    pub(super) fn decline(&self) -> Decline {
        decline(self.response_code.as_deref(), self.response_summary.as_deref())
    }
}

pub(super) fn read(answer: &Value) -> Result<PaymentSnapshot, String> {
    let payment = Payment::deserialize(answer).map_err(|error| format!("no payment: {error}"))?;
    let actions = payment.actions.as_deref().unwrap_or_default();
    let authorization = actions
        .iter()
        .find(|action| action.kind.as_deref() == Some("Authorization"));
    let currency = payment.currency.as_deref();
    let amount = |units: Option<i64>| money(units, currency);
    let balance = |part: fn(&Balances) -> Option<i64>| amount(payment.balances.as_ref().and_then(part));
    let redirect_url = text(answer, "/_links/redirect/href");
    let status = status(&payment, redirect_url.is_some());
    Ok(PaymentSnapshot {
        amount: amount(payment.amount)?,
        amount_capturable: balance(|balances| balances.available_to_capture)?,
        amount_captured: balance(|balances| balances.total_captured)?,
        amount_refunded: balance(|balances| balances.total_refunded)?,
        charge_id: None,
        decline: (status == PaymentStatus::Declined)
            .then(|| reason(&payment, authorization.or(actions.first()))),
        action_id: payment
            .action_id
            .clone()
            .or_else(|| authorization.map(|action| action.id.clone())),
        redirect_url,
        client_secret: None,
        payment_method: None,
        instrument: instrument(answer),
        multicapture: None,
        source_id: text(answer, "/source/id"),
        reuse: if answer.pointer("/source/id").is_some() {
            Reuse::Yes
        } else {
            Reuse::No
        },
        customer_token: text(answer, "/customer/id"),
        transaction_id: payment.reference.clone(),
        actions: None,
        lists_captures: true,
        order_id: text(answer, "/metadata/order_id"),
        account: None,
        live: is_live(answer),
        capture: None,
        response: answer.clone(),
        psp_id: payment.id,
        status,
    })
}

/// The URL of the payment shows the mode. Other hosts, such as a sandbox of ours, show nothing.
fn is_live(answer: &Value) -> Option<bool> {
    let url: url::Url = text(answer, "/_links/self/href")?.parse().ok()?;
    let host = url.host_str()?;
    if host.ends_with("api.sandbox.checkout.com") {
        Some(false)
    } else if host.ends_with("api.checkout.com") {
        Some(true)
    } else {
        None
    }
}

/// An amount needs both number and currency; neither is guessed.
pub(super) fn money(units: Option<i64>, currency: Option<&str>) -> Result<Option<Money>, String> {
    let (Some(units), Some(code)) = (units, currency) else {
        return Ok(None);
    };
    let unreadable = || format!("{units} {code} is no amount that can be read");
    let currency: Currency = code.parse().map_err(|_| unreadable())?;
    let unit = unit(currency).map_err(|_| unreadable())?;
    from_psp(units, currency, unit).map(Some).ok_or_else(unreadable)
}

/// Checkout.com's status `Authorized` also covers a payment whose automatic capture is still pending. `Partially Captured` is
/// final for us once nothing is left to capture.
fn status(payment: &Payment, has_redirect: bool) -> PaymentStatus {
    let nothing_left = || {
        payment
            .balances
            .as_ref()
            .is_some_and(|balances| balances.available_to_capture == Some(0))
    };
    let captured = payment
        .balances
        .as_ref()
        .and_then(|balances| balances.total_captured);
    match payment.status.as_str() {
        // Only the rest was released; captures stay.
        "Voided" | "Canceled" | "Expired" if captured > Some(0) => PaymentStatus::Captured,
        "Pending" if has_redirect => PaymentStatus::RequiresAction,
        "Pending" | "Requested" | "Retry Scheduled" => PaymentStatus::Processing,
        "Authorized" => PaymentStatus::Authorized,
        "Partially Captured" if nothing_left() => PaymentStatus::Captured,
        "Partially Captured" => PaymentStatus::PartiallyCaptured,
        "Captured" => PaymentStatus::Captured,
        "Partially Refunded" => PaymentStatus::PartiallyRefunded,
        "Refunded" => PaymentStatus::Refunded,
        "Declined" => PaymentStatus::Declined,
        "Voided" | "Canceled" => PaymentStatus::Canceled,
        "Expired" => PaymentStatus::Expired,
        other => PaymentStatus::Unknown(other.to_owned()),
    }
}

/// The answer to a creation has the code at the top, a retrieval only within its actions.
fn reason(payment: &Payment, action: Option<&Action>) -> Decline {
    match action {
        Some(action) if payment.response_code.is_none() => action.decline(),
        _ => decline(
            payment.response_code.as_deref(),
            payment.response_summary.as_deref(),
        ),
    }
}

fn instrument(answer: &Value) -> Option<PaymentInstrument> {
    answer.pointer("/source/type")?;
    Some(PaymentInstrument {
        issuer_type: text(answer, "/source/type"),
        card_type: text(answer, "/source/scheme").map(|scheme| scheme.to_lowercase()),
        card_last_digits: text(answer, "/source/last4"),
        card_expiry_month: text(answer, "/source/expiry_month"),
        card_expiry_year: text(answer, "/source/expiry_year"),
    })
}

/// A string or a number, as text.
fn text(answer: &Value, pointer: &str) -> Option<String> {
    match answer.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
