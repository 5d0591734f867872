//! What an answer of a PSP means.

use tillgate_model::money::Money;

use crate::{
    snapshot::{Decline, PaymentSnapshot},
    wire::{Method, PspRequest, PspResponse},
};

/// The PSP took the request and, for certain, did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub kind: RefusalKind,
    /// The PSP's code.
    pub code: Option<String>,
    /// The parameter that is wrong, in the PSP's words.
    pub param: Option<String>,
    /// What the request names and the PSP does not have: it was deleted there, or is another account's.
    pub missing: Option<Missing>,
    /// The PSP's message; for the merchant.
    pub message: String,
    /// How the PSP calls this request, for its support.
    pub psp_request_id: Option<String>,
}

/// What a PSP does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The customer.
    Customer,
    /// The instrument, or it can't be charged again.
    Instrument,
}

/// What is wrong with a refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A parameter.
    InvalidRequest,
    /// The key is missing, wrong or revoked.
    Credentials,
    /// The key may not do this.
    NotPermitted,
    /// No such payment.
    NotFound,
    /// Not in the payment's state.
    Conflict,
}

/// The outcome of creating, updating, confirming or retrieving a payment.
#[derive(Debug, Clone)]
pub enum PaymentOutcome {
    /// The PSP has the payment, and this is its state. A declined attempt is one, too: see [`PaymentSnapshot::decline`].
    Done(Box<PaymentSnapshot>),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told what the PSP did, with the reason: query it, or send the same request again.
    Unknown(String),
}

/// The outcome of looking for a payment.
#[derive(Debug, Clone)]
pub enum FoundOutcome {
    /// There it is.
    Found(Box<PaymentSnapshot>),
    /// The PSP has none now; a request that is still under way may yet make one.
    NotFound,
    /// Not in this part of the list: ask again with this cursor.
    More(String),
    /// The PSP didn't look.
    Refused(Refusal),
    /// It can't be told, with the reason.
    Unknown(String),
}

/// A capture, a void or a refund at the PSP.
#[derive(Debug, Clone)]
pub struct Action {
    /// The PSP's id of it: Stripe's refund or charge, Checkout.com's action.
    pub id: Option<String>,
    /// How much it moved, where the answer says so.
    pub amount: Option<Money>,
    /// The payment after it, where the answer says so.
    pub payment: Option<Box<PaymentSnapshot>>,
}

/// The outcome of a capture, a void or a refund.
#[derive(Debug, Clone)]
pub enum ActionOutcome {
    /// It happened.
    Done(Action),
    /// The PSP will do it, or fail to: wait for its webhook or ask again. Never to be taken for done.
    Accepted(Action),
    /// It was tried, and failed.
    Failed(Decline),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told what the PSP did, with the reason.
    Unknown(String),
}

/// Codes of a refusal that our own earlier success could have caused: the token is used up because we used it, the
/// payment is captured because we captured it.
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

/// Whether a refusal says that no sending of the request had an effect, or only that this one had none.
///
/// A refusal that is itself a replay of the first answer is certain. So is one of a request that was sent once. Of a
/// request that was sent before, only a plain complaint about a parameter is.
pub(crate) fn is_certain(refusal: &Refusal, request: &PspRequest, response: &PspResponse) -> bool {
    let replayed = response.header("idempotent-replayed") == Some("true");
    let trace = refusal.code.as_deref().map_or_else(
        // Stripe has no code for a refund of more than is left.
        || refusal.param.as_deref() == Some("amount"),
        |code| TRACES_OF_SUCCESS.contains(&code),
    );
    request.method == Method::Get
        || replayed
        || !response.resent
        || (refusal.kind == RefusalKind::InvalidRequest && !trace)
}

/// An answer that isn't one of success.
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
