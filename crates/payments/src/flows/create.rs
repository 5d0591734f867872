//! Creating a payment source, of any kind.

mod checkout_com;
mod guard;
mod new_source;
mod payment;
mod replace;
mod stripe;
mod wire_transfer;

pub use checkout_com::{
    POINTERS as CHECKOUT_COM_POINTERS, authenticate as authenticate_at_checkout_com,
    authorize as authorize_at_checkout_com,
};
pub use guard::{buyer_address, refuse_card_testing, refuse_double_payment, refuse_open_call};
pub use new_source::{NewSource, lock_payable, new_source, return_url};
pub use payment::Payments;
pub use replace::{Reason, give_up_present_source, is_confirmable};
pub use stripe::{POINTERS as STRIPE_POINTERS, arguments as stripe_arguments, begin_creation, future_usage};

use tillgate_gateways::{Refusal, RefusalKind};
use tillgate_model::{Problem, Problems, problem::Kind};

/// What a caller is told of a PSP that refuses a request. `pointers` leads from the PSP's words for a parameter to the
/// member of the request.
pub fn refused(refusal: &Refusal, pointers: &[(&str, &str)]) -> Problem {
    tracing::warn!(
        kind = ?refusal.kind,
        code = refusal.code,
        param = refusal.param,
        message = refusal.message,
        psp_request_id = refusal.psp_request_id,
        "the payment gateway refused a request"
    );
    if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::NotPermitted) {
        let message =
            "The payment gateway refuses the keys that are stored for it. Check the gateway's keys.";
        return Problem::new(Kind::BadGateway, message);
    }
    let words = [refusal.param.as_deref(), refusal.code.as_deref()];
    let pointer = pointers
        .iter()
        .find(|(word, _)| words.iter().flatten().any(|given| given.contains(word)))
        .map_or("/data", |(_, pointer)| *pointer);
    let code = refusal.code.clone().unwrap_or_else(|| "invalid_request".into());
    Problem::invalid(
        pointer,
        "gateway_refused",
        format!("was refused by the payment gateway ({code})"),
    )
    .meta("gateway_code", code)
}

/// Nothing reached the PSP, or its answer can't be read. Both are told alike, because an address that a tenant gives is not
/// to be explored by what is told of it; the log has the cause.
pub fn unavailable() -> Problems {
    let message =
        "The payment gateway can't be reached, or gave an unreadable answer. Nothing was charged; try again.";
    Problems::from(Problem::new(Kind::PaymentGatewayUnavailable, message)).retry_after(5)
}

/// Seconds after which it makes sense to ask for a payment whose outcome is not known.
pub const ASK_AGAIN: u64 = 2;
