//! The problems for a PSP that refuses a request or does not answer.

use tillgate_gateways::{Refusal, RefusalKind};
use tillgate_model::{Problem, Problems, problem::Kind};

/// The problem for a refused request. `pointers` maps the PSP's parameters to the request's members.
pub fn refused(refusal: &Refusal, pointers: &[(&str, &str)]) -> Problem {
    tracing::warn!(
        kind = ?refusal.kind,
        code = refusal.code,
        param = refusal.param,
        message = refusal.message,
        psp_request_id = refusal.psp_request_id,
        "the payment gateway refused a request"
    );
    let about_keys = match refusal.kind {
        RefusalKind::Credentials => {
            Some("The payment gateway refuses the keys that are stored for it. Check the gateway's keys.")
        }
        RefusalKind::NotPermitted => Some(
            "The payment gateway does not allow this with the keys that are stored for it. Check their permissions.",
        ),
        RefusalKind::InvalidRequest | RefusalKind::NotFound | RefusalKind::Conflict => None,
    };
    if let Some(message) = about_keys {
        return Problem::new(Kind::BadGateway, message);
    }
    let message = format!("was refused by the payment gateway ({})", code_of(refusal));
    refused_with(refusal, pointers, message)
}

/// The problem for a saved card that the PSP no longer has.
pub fn card_gone(refusal: &Refusal, pointers: &[(&str, &str)]) -> Problem {
    let message = "can't be charged: the payment gateway no longer has the saved card, and it was removed from the \
                   wallet; choose another card";
    refused_with(refusal, pointers, message.to_owned())
}

fn code_of(refusal: &Refusal) -> String {
    refusal.code.clone().unwrap_or_else(|| match refusal.kind {
        RefusalKind::Conflict => "not_allowed_in_state".into(),
        _ => "invalid_request".into(),
    })
}

fn refused_with(refusal: &Refusal, pointers: &[(&str, &str)], message: String) -> Problem {
    let words = [refusal.param.as_deref(), refusal.code.as_deref()];
    let pointer = pointers
        .iter()
        .find(|(word, _)| words.iter().flatten().any(|given| given.contains(word)))
        .map_or("/data", |(_, pointer)| *pointer);
    Problem::invalid(pointer, "gateway_refused", message).meta("gateway_code", code_of(refusal))
}

/// The problem for a request that did not reach the PSP, or whose answer can't be read. Both get one text, because a tenant could
/// otherwise explore the network with gateway URLs. The log has the cause.
pub fn unavailable() -> Problems {
    let message =
        "The payment gateway can't be reached, or gave an unreadable answer. Nothing was charged; try again.";
    Problems::from(Problem::new(Kind::PaymentGatewayUnavailable, message)).retry_after(5)
}

/// Seconds after which a client should ask again for a payment whose outcome is unknown.
pub const ASK_AGAIN: u64 = 2;
