//! Outgoing webhooks: messages of the vendors to their subscribers, with their repetitions.
//!
//! A vendor posts a [`Webhook`]. The queue keeps it in the journal until the subscriber has acknowledged it or the vendor gives
//! up. The deliverer takes due webhooks and reports each answer. No transport is involved.

mod queue;
mod retry;
mod sign;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::ledger::Vendor;

pub(crate) use self::queue::Queue;
pub(crate) use self::sign::Signing;

/// A message for one subscriber, as the vendor posts it.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) vendor: Vendor,
    /// The vendor's id of the subscription.
    pub(crate) endpoint: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) body: String,
}

/// The present URL of a subscriber, and the signature of its messages.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) signing: Signing,
}

/// One attempt to deliver a webhook: a `POST` to send unchanged.
#[derive(Clone, Debug)]
pub struct WebhookDelivery {
    /// Id of the attempt's message for [`crate::Sandbox::webhook_answered`].
    pub id: String,
    /// Vendor that sends it.
    pub vendor: Vendor,
    /// The vendor's id of the event, `evt_…`.
    pub event_id: String,
    /// The vendor's event type.
    pub event_type: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The subscriber's address.
    pub url: String,
    /// All headers that the vendor sets, with the signature.
    pub headers: HeaderMap,
    /// The event as JSON.
    pub body: Bytes,
}

/// The result of an attempt.
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
