//! The meaning of Stripe's errors (Stripe docs: errors, idempotent requests, advanced error handling).

use super::object::{ApiError, ErrorBody};
use crate::{
    outcome::{Failure, Missing, Refusal, RefusalKind, is_certain},
    readable::{is_json, is_sentence, is_word},
    snapshot::{Decline, NEUTRAL_DECLINE},
    wire::{PspRequest, PspResponse},
};

/// Codes for a request that the payment's state does not allow.
const CONFLICTS: [&str; 7] = [
    "payment_intent_unexpected_state",
    "charge_already_captured",
    "charge_already_refunded",
    "charge_disputed",
    "charge_expired_for_capture",
    "charge_not_refundable",
    "capture_charge_authorization_expired",
];

/// Reasons of a decline that the buyer must not see.
const HIDDEN_DECLINES: [&str; 7] = [
    "lost_card",
    "stolen_card",
    "pickup_card",
    "restricted_card",
    "fraudulent",
    "security_violation",
    "merchant_blacklist",
];

/// Reads an answer that is neither a success nor a decline.
///
/// An answer in another form than Stripe's comes from a machine in between, and proves nothing. Neither does a request in flight
/// with the same key (409), a failed dependency (424), a rate limit or a locked object (429), or a failure of the server, which
/// Stripe also replays. If a key was used with other parameters, an earlier request did arrive.
pub(super) fn read(request: &PspRequest, response: &PspResponse) -> Failure {
    let status = response.status;
    let Some(ErrorBody { error }) = error_body(response) else {
        return Failure::Unknown(format!("Stripe answered {status} without an error in its form"));
    };
    let code = error.code.as_deref().unwrap_or_default();
    let kind = match status {
        _ if error.kind.as_deref() == Some("idempotency_error") || code == "lock_timeout" => None,
        401 => Some(RefusalKind::Credentials),
        403 => Some(RefusalKind::NotPermitted),
        404 => Some(RefusalKind::NotFound),
        409 | 424 | 429 => None,
        400..=499 if CONFLICTS.contains(&code) => Some(RefusalKind::Conflict),
        400..=499 => Some(RefusalKind::InvalidRequest),
        _ => None,
    };
    let unknown = || Failure::Unknown(format!("Stripe answered {status}: {}", describe(&error)));
    let Some(kind) = kind else { return unknown() };
    let refusal = Refusal {
        kind,
        code: error.code.clone(),
        param: error.param.clone(),
        missing: missing(&error),
        message: error.message.clone().unwrap_or_else(|| describe(&error)),
        psp_request_id: response.header("request-id").map(ToOwned::to_owned),
    };
    if is_certain(&refusal, request, response) {
        Failure::Refused(refusal)
    } else {
        unknown()
    }
}

/// The error about a payment method that was detached with its customer has no code.
fn missing(error: &ApiError) -> Option<Missing> {
    match (error.code.as_deref(), error.param.as_deref()) {
        (Some("resource_missing"), Some("customer")) => Some(Missing::Customer),
        (Some("resource_missing") | None, Some("payment_method")) => Some(Missing::Instrument),
        _ => None,
    }
}

/// The types of errors (Stripe docs: API reference, errors), including those of older versions.
const TYPES: [&str; 7] = [
    "api_connection_error",
    "api_error",
    "authentication_error",
    "card_error",
    "idempotency_error",
    "invalid_request_error",
    "rate_limit_error",
];

/// The error of an answer, if it has Stripe's form.
pub(super) fn error_body(response: &PspResponse) -> Option<ErrorBody> {
    let body: ErrorBody = serde_json::from_slice(&response.body).ok()?;
    let ApiError {
        kind,
        code,
        decline_code,
        message,
        param,
        ..
    } = &body.error;
    let is_ours = is_json(response)
        && kind.as_deref().is_some_and(|kind| TYPES.contains(&kind))
        && [code, decline_code]
            .into_iter()
            .flatten()
            .all(|code| is_word(code))
        && [message, param]
            .into_iter()
            .flatten()
            .all(|text| is_sentence(text));
    is_ours.then_some(body)
}

fn describe(error: &ApiError) -> String {
    let parts = [&error.kind, &error.code, &error.message];
    parts
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Stripe writes the message of a card error for the buyer. Other messages, and hidden reasons, are not shown to the buyer.
pub(super) fn decline(error: &ApiError) -> Decline {
    let code = error
        .decline_code
        .as_ref()
        .or(error.code.as_ref())
        .map_or("card_declined", String::as_str);
    let hidden = |code: &Option<String>| {
        code.as_deref()
            .is_some_and(|code| HIDDEN_DECLINES.contains(&code))
    };
    let may_show =
        error.kind.as_deref() == Some("card_error") && !hidden(&error.decline_code) && !hidden(&error.code);
    let shown = error
        .message
        .as_ref()
        .filter(|_| may_show)
        .map_or(NEUTRAL_DECLINE, String::as_str);
    Decline {
        code: code.to_owned(),
        message: shown.to_owned(),
        detail: error.message.clone(),
    }
}
