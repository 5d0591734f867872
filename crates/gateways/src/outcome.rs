//! The outcomes that a PSP's answer shows.

use tillgate_model::money::Money;

use crate::{
    snapshot::{Decline, PaymentSnapshot},
    wire::{Method, PspRequest, PspResponse},
};

/// The PSP received the request and certainly did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Kind of the mistake.
    pub kind: RefusalKind,
    /// The PSP's code.
    pub code: Option<String>,
    /// The wrong parameter, as the PSP names it.
    pub param: Option<String>,
    /// The object that the request names and the PSP does not have: it was deleted there, or belongs to another account.
    pub missing: Option<Missing>,
    /// The PSP's message, for the merchant.
    pub message: String,
    /// The PSP's id of this request, for its support.
    pub psp_request_id: Option<String>,
}

/// An object that a PSP does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The customer does not exist.
    Customer,
    /// The instrument does not exist, or can't be charged again.
    Instrument,
}

/// The mistake in a refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A parameter is wrong.
    InvalidRequest,
    /// The key is missing, wrong or revoked.
    Credentials,
    /// The key lacks the permission.
    NotPermitted,
    /// There is no such payment.
    NotFound,
    /// The payment's state does not allow it.
    Conflict,
}

/// The outcome of creating, updating, confirming or retrieving a payment.
#[derive(Debug, Clone)]
pub enum PaymentOutcome {
    /// The PSP has the payment, in this state. A declined attempt is one, too: see [`PaymentSnapshot::decline`].
    Done(Box<PaymentSnapshot>),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It is unknown what the PSP did, with the reason: query it, or send the same request again.
    Unknown(String),
}

/// The outcome of a search for a payment.
#[derive(Debug, Clone)]
pub enum FoundOutcome {
    /// The payment was found.
    Found(Box<PaymentSnapshot>),
    /// The PSP has none now. A request that is on its way may still create one.
    NotFound,
    /// The payment is not on this page: ask again with this cursor.
    More(String),
    /// The PSP refused the search.
    Refused(Refusal),
    /// The outcome is unknown, with the reason.
    Unknown(String),
}

/// A capture, a void or a refund at the PSP.
#[derive(Debug, Clone)]
pub struct Action {
    /// The PSP's id of the action: Stripe's refund or charge, Checkout.com's action.
    pub id: Option<String>,
    /// The moved amount, if the answer shows it.
    pub amount: Option<Money>,
    /// The payment after the action, if the answer shows it.
    pub payment: Option<Box<PaymentSnapshot>>,
}

/// The outcome of a capture, a void or a refund.
#[derive(Debug, Clone)]
pub enum ActionOutcome {
    /// It happened.
    Done(Action),
    /// The PSP will do it, or it will fail: wait for its webhook or ask again. Never treat it as done.
    Accepted(Action),
    /// It was tried, and failed.
    Failed(Decline),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It is unknown what the PSP did, with the reason.
    Unknown(String),
}

/// Codes of a refusal that our own earlier success could have caused: our request used the token, or captured the payment.
const TRACES_OF_SUCCESS: [&str; 10] = [
    "token_already_used",
    "token_used",
    "token_in_use",
    "token_expired",
    "token_invalid",
    "amount_too_large",
    "capture_value_greater_than_authorized",
    "capture_value_greater_than_remaining_authorized",
    "amount_exceeds_balance",
    "refund_amount_exceeds_balance",
];

/// Whether a refusal proves that no sending of the request had an effect, and not only this one.
///
/// A replayed refusal repeats the first answer, so it is certain. So is the refusal of a request that was sent once. For a
/// request that was sent before, only a plain complaint about a parameter is certain.
pub(crate) fn is_certain(refusal: &Refusal, request: &PspRequest, response: &PspResponse) -> bool {
    let replayed = response.header("idempotent-replayed") == Some("true");
    let trace = refusal.code.as_deref().map_or_else(
        // Stripe has no code for a refund above the rest.
        || refusal.param.as_deref() == Some("amount"),
        |code| TRACES_OF_SUCCESS.contains(&code),
    );
    request.method == Method::Get
        || replayed
        || !response.resent
        || (refusal.kind == RefusalKind::InvalidRequest && !trace)
}

/// An unsuccessful answer.
pub(crate) enum Failure {
    Refused(Refusal),
    Unknown(String),
}

impl From<Failure> for PaymentOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl From<Failure> for FoundOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl From<Failure> for ActionOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
