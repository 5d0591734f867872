//! Notifications of a PSP: who sent them, what they are about, and how they are subscribed to.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::{
    operation::checked_id,
    outcome::{Failure, Refusal},
    recovery::ActionKind,
};

/// The largest body of a notification that is read.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// The longest identifier or word of a PSP that is taken over.
const MAX_WORD: usize = 255;

/// Why a notification is not taken for the PSP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is no signature.
    #[error("the notification is not signed")]
    Missing,
    /// The signature is not in the PSP's form.
    #[error("the signature can't be read")]
    Malformed,
    /// It was rightly signed, but at a time too far from now: perhaps an old notification that somebody repeats.
    #[error("the signature is out of date")]
    TooOld,
    /// It was not signed with any of the secrets.
    #[error("the signature is wrong")]
    Wrong,
}

/// Why a signed notification can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// It is larger than any notification of a PSP.
    #[error("the notification exceeds {MAX_EVENT_BYTES} bytes")]
    TooLarge,
    /// It is no event in the PSP's form, with the reason.
    #[error("the notification is not an event: {0}")]
    Malformed(String),
}

/// What a PSP tells of its own accord. It may come twice, late, and before what happened earlier, so it is only the reason
/// to ask for the payment: amounts and states in it are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The PSP's id of it, the same each time that it is sent: `evt_`.
    pub id: String,
    /// The PSP's word for what happened: `payment_intent.succeeded`, `payment_captured`.
    pub kind: String,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// Whether real money is meant, where the PSP says so.
    pub livemode: Option<bool>,
    /// What it is about.
    pub subject: Subject,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A payment.
    Payment {
        /// The PSP's id of the payment: `pi_`, `pay_`.
        psp_id: String,
        /// Our transaction, as the PSP remembers it: that of the action where the event is about one that has its own,
        /// otherwise that of the payment.
        transaction_id: Option<String>,
        /// The PSP's id of the action: Stripe's refund or captured charge, Checkout.com's `act_`.
        action_id: Option<String>,
        /// What kind of action, if it is about one.
        action: Option<ActionKind>,
    },
    /// Something else.
    Other,
}

impl Subject {
    /// A payment whose id is one; otherwise there is nothing that could be asked for.
    pub(crate) fn payment(
        psp_id: Option<&str>,
        transaction_id: Option<&str>,
        action_id: Option<&str>,
        action: Option<ActionKind>,
    ) -> Self {
        let Some(psp_id) = psp_id.filter(|id| checked_id(id).is_ok()) else {
            return Self::Other;
        };
        let word = |text: Option<&str>| text.and_then(|text| checked_word(text).ok());
        Self::Payment {
            psp_id: psp_id.to_owned(),
            transaction_id: word(transaction_id),
            action_id: word(action_id),
            action,
        }
    }
}

/// Refuses a body that is too large to be looked at.
pub(crate) fn checked_size(body: &[u8]) -> Result<&[u8], EventFault> {
    if body.len() > MAX_EVENT_BYTES {
        return Err(EventFault::TooLarge);
    }
    Ok(body)
}

/// A word of the PSP's that is short enough to be kept.
pub(crate) fn checked_word(word: &str) -> Result<String, EventFault> {
    if word.is_empty() || word.len() > MAX_WORD {
        return Err(EventFault::Malformed(format!(
            "a word of {} bytes, and not of 1 to {MAX_WORD}",
            word.len()
        )));
    }
    Ok(word.to_owned())
}

/// The PSP's side of a subscription to its notifications.
#[derive(Clone)]
pub struct WebhookEndpoint {
    /// The PSP's id of it: `we_`.
    pub id: String,
    /// What its notifications are signed with. The PSP tells it this once.
    pub secret: SecretString,
}

impl fmt::Debug for WebhookEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEndpoint")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The outcome of a subscription.
#[derive(Debug, Clone)]
pub enum RegistrationOutcome {
    /// The PSP will send its notifications.
    Registered(WebhookEndpoint),
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told, with the reason: the same request again, with the same key, gives the same endpoint.
    Unknown(String),
}

/// The outcome of asking for a subscription, or of ending it.
#[derive(Debug, Clone)]
pub enum EndpointOutcome {
    /// The PSP has it.
    Present,
    /// There is no such endpoint any more, or there never was.
    Gone,
    /// The PSP did nothing.
    Refused(Refusal),
    /// It can't be told, with the reason.
    Unknown(String),
}

impl From<Failure> for RegistrationOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl From<Failure> for EndpointOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
