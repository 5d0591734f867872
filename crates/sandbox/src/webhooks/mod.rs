//! Webhooks out: what the vendors tell their subscribers, and when they tell it again.
//!
//! A vendor posts a [`Webhook`]; the queue keeps it in the journal until the subscriber has acknowledged it or the
//! vendor gives up. Whoever delivers takes what is due and reports each answer. No transport is involved.

mod queue;
mod retry;
mod sign;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::ledger::Vendor;

pub(crate) use self::queue::Queue;
pub(crate) use self::sign::Signing;

/// A message for one subscriber, as the vendor hands it over.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) vendor: Vendor,
    /// The vendor's id of the subscription.
    pub(crate) endpoint: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) body: String,
}

/// Where a subscriber listens now, and how messages to it are signed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) signing: Signing,
}

/// One attempt to deliver a webhook: a `POST` to be sent as it is.
#[derive(Clone, Debug)]
pub struct WebhookDelivery {
    /// Names the attempt's message to [`crate::Sandbox::webhook_answered`].
    pub id: String,
    /// Who sends it.
    pub vendor: Vendor,
    /// The vendor's id of the event, `evt_…`.
    pub event_id: String,
    /// The vendor's name of what happened.
    pub event_type: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The subscriber's address.
    pub url: String,
    /// All headers that the vendor sets, with the signature.
    pub headers: HeaderMap,
    /// The event as JSON.
    pub body: Bytes,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// The subscriber answered. Any 2xx acknowledges the webhook.
    Status(StatusCode),
    /// The subscriber couldn't be reached, or didn't answer in time.
    None,
}

impl WebhookAnswer {
    pub(crate) fn acknowledges(self) -> bool {
        matches!(self, Self::Status(status) if status.is_success())
    }
}
