//! Notifications of a PSP: their senders, subjects and subscriptions.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::{
    operation::checked_id,
    outcome::{Failure, Refusal},
    recovery::ActionKind,
};

/// Largest body of a notification that is read.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// Longest identifier or code of a PSP that is stored.
const MAX_WORD: usize = 255;

/// The reason why a notification does not count as the PSP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is no signature.
    #[error("the notification is not signed")]
    Missing,
    /// The signature is not in the PSP's form.
    #[error("the signature can't be read")]
    Malformed,
    /// It was signed with a right secret, but at a time too far from now: it may be an old notification that an attacker repeats.
    #[error("the signature is out of date")]
    TooOld,
    /// It was not signed with any of the secrets.
    #[error("the signature is wrong")]
    Wrong,
}

/// The reason why a signed notification can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// It is larger than any notification of a PSP.
    #[error("the notification exceeds {MAX_EVENT_BYTES} bytes")]
    TooLarge,
    /// It is no event in the PSP's form, with the reason.
    #[error("the notification is not an event: {0}")]
    Malformed(String),
}

/// A notification of a PSP. It may come twice, late, and before earlier events, so it only triggers a read of the payment:
/// amounts and states in it are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The PSP's id of the event, the same for each sending: `evt_`.
    pub id: String,
    /// The PSP's event type: `payment_intent.succeeded`, `payment_captured`.
    pub kind: String,
    /// Time of the event.
    pub created_at: DateTime<Utc>,
    /// Whether it is in live mode, if the PSP says so.
    pub livemode: Option<bool>,
    pub subject: Subject,
}

/// The subject of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A payment.
    Payment {
        /// The PSP's id of the payment: `pi_`, `pay_`.
        psp_id: String,
        /// Id of our transaction, as the PSP stored it: the action's if the event is about an action that has one, otherwise the
        /// payment's.
        transaction_id: Option<String>,
        /// The PSP's id of the action: Stripe's refund or captured charge, Checkout.com's `act_`.
        action_id: Option<String>,
        /// Kind of the action, if the event is about one.
        action: Option<ActionKind>,
    },
    /// Something else.
    Other,
}

impl Subject {
    /// A payment with a valid id. Any other subject can't be read from the PSP.
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

/// Refuses a body that is too large to be read.
pub(crate) fn checked_size(body: &[u8]) -> Result<&[u8], EventFault> {
    if body.len() > MAX_EVENT_BYTES {
        return Err(EventFault::TooLarge);
    }
    Ok(body)
}

/// A code of the PSP that is short enough to be stored.
pub(crate) fn checked_word(word: &str) -> Result<String, EventFault> {
    if word.is_empty() || word.len() > MAX_WORD {
        return Err(EventFault::Malformed(format!(
            "a word of {} bytes, and not of 1 to {MAX_WORD}",
            word.len()
        )));
    }
    Ok(word.to_owned())
}

/// The PSP's endpoint for its notifications.
#[derive(Clone)]
pub struct WebhookEndpoint {
    /// The PSP's id of the endpoint: `we_`.
    pub id: String,
    /// The signing secret of its notifications. The PSP shows it only once.
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
    /// The outcome is unknown, with the reason: the same request again, with the same key, gives the same endpoint.
    Unknown(String),
}

/// The outcome of retrieving or ending a subscription.
#[derive(Debug, Clone)]
pub enum EndpointOutcome {
    /// The PSP has it.
    Present,
    /// The endpoint no longer exists, or never did.
    Gone,
    /// The PSP did nothing.
    Refused(Refusal),
    /// The outcome is unknown, with the reason.
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
