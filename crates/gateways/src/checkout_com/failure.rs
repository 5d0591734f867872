//! The meaning of Checkout.com's errors (Checkout.com docs: API response codes).

use serde::Deserialize;

use crate::{
    outcome::{Failure, Missing, Refusal, RefusalKind, is_certain},
    readable::{is_json, is_word},
    wire::{Method, PspRequest, PspResponse},
};

#[derive(Deserialize)]
struct ErrorBody {
    request_id: Option<String>,
    error_type: Option<String>,
    #[serde(default)]
    error_codes: Vec<String>,
}

/// Codes of a failure at the PSP, although the status blames the request.
const TECHNICAL: [&str; 3] = [
    "api_calls_quota_exceeded",
    "service_unavailable",
    "processing_error",
];
/// Codes for a request that the payment's state does not allow.
const CONFLICTS: [&str; 7] = [
    "payment_expired",
    "action_failure_limit_exceeded",
    "capture_value_greater_than_authorized",
    "capture_value_greater_than_remaining_authorized",
    "amount_exceeds_balance",
    "refund_amount_exceeds_balance",
    "void_amount_invalid",
];

/// Codes for a missing customer or instrument.
const NO_CUSTOMER: [&str; 2] = ["customer_not_found", "customer_id_invalid"];
const NO_INSTRUMENT: [&str; 2] = ["source_id_unknown", "source_id_invalid"];

/// The error of an answer, if it has Checkout.com's form.
fn error_body(response: &PspResponse) -> Option<ErrorBody> {
    let body: ErrorBody = serde_json::from_slice(&response.body).ok()?;
    let codes = body.error_codes.iter().chain(&body.error_type);
    (is_json(response) && codes.into_iter().all(|code| is_word(code))).then_some(body)
}

/// Reads an unsuccessful answer. 401, 403, 404 and 502 have no body. An answer in another form than Checkout.com's comes from a
/// machine in between, and proves nothing.
pub(super) fn read(request: &PspRequest, response: &PspResponse) -> Failure {
    let status = response.status;
    let body = error_body(response);
    if body.is_none() && !response.body.is_empty() {
        return Failure::Unknown(format!(
            "Checkout.com answered {status} without an error in its form"
        ));
    }
    let codes = body
        .as_ref()
        .map(|body| body.error_codes.join(", "))
        .filter(|codes| !codes.is_empty());
    let error_type = body.as_ref().and_then(|body| body.error_type.clone());
    let described = codes.or_else(|| error_type.clone());
    let unknown = || {
        let what = described.as_deref().unwrap_or("an unreadable answer");
        Failure::Unknown(format!("Checkout.com answered {status}: {what}"))
    };
    let has = |list: &[&str]| {
        body.as_ref()
            .is_some_and(|body| body.error_codes.iter().any(|code| list.contains(&code.as_str())))
    };
    let kind = match status {
        401 => RefusalKind::Credentials,
        403 if is_action(request) => RefusalKind::Conflict,
        403 => RefusalKind::NotPermitted,
        404 => RefusalKind::NotFound,
        400 | 422 if has(&TECHNICAL) || described.is_none() => return unknown(),
        400 | 422 if has(&CONFLICTS) => RefusalKind::Conflict,
        400 | 422 => RefusalKind::InvalidRequest,
        _ => return unknown(),
    };
    let request_id = response.header("cko-request-id").map(ToOwned::to_owned);
    let refusal = Refusal {
        kind,
        code: body
            .as_ref()
            .and_then(|body| body.error_codes.first().cloned())
            .or(error_type),
        param: None,
        missing: if has(&NO_CUSTOMER) {
            Some(Missing::Customer)
        } else if has(&NO_INSTRUMENT) {
            Some(Missing::Instrument)
        } else {
            None
        },
        message: described
            .clone()
            .unwrap_or_else(|| default_message(kind).to_owned()),
        psp_request_id: request_id.or_else(|| body.as_ref()?.request_id.clone()),
    };
    if is_certain(&refusal, request, response) {
        Failure::Refused(refusal)
    } else {
        unknown()
    }
}

/// Whether the request is a capture, a void or a refund. 403 means that the payment's state does not allow these; missing
/// permissions are 401 there (Checkout.com docs: void a payment, API response codes).
fn is_action(request: &PspRequest) -> bool {
    let path = request.url.split('?').next().unwrap_or_default();
    let ends = ["/captures", "/voids", "/refunds", "/reversals"];
    request.method == Method::Post && ends.iter().any(|end| path.ends_with(end))
}

fn default_message(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Credentials => "the secret key is not valid",
        RefusalKind::NotPermitted => "not allowed for this key",
        RefusalKind::NotFound => "no such payment",
        RefusalKind::Conflict => "not allowed in the payment's state",
        RefusalKind::InvalidRequest => "the request is not valid",
    }
}
