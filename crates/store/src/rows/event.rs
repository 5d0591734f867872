use crate::StoredTime;
use diesel::prelude::*;

rows! {
    /// A merchant's URL for a topic.
    webhooks => WebhookRow, filter WebhookFilter { topic: &'a str } {
        name: Nullable<Text> => Option<String>,
        topic: Text => String,
        callback_url: Text => String,
        /// JSON array of relationship paths.
        include_resources: Nullable<Text> => Option<String>,
        disabled_at: Nullable<Timestamp> => Option<StoredTime>,
        /// `closed`, or `open` after too many failures.
        circuit_state: Text => String,
        circuit_failure_count: BigInt => i64,
        /// Encrypted.
        shared_secret: Text => String,
    }
}

rows! {
    /// A change that a webhook is called for.
    events => EventRow, filter EventFilter { resource_id: &'a str } {
        /// Topic of the event.
        name: Text => String,
        resource_type: Text => String,
        resource_id: Text => String,
    }
}

rows! {
    /// A delivery to a webhook, sent or due.
    event_deliveries => EventDeliveryRow, filter EventDeliveryFilter { event_id: &'a str } {
        #[diesel(skip_update)]
        event_id: Text => String,
        #[diesel(skip_update)]
        webhook_id: Text => String,
        /// The body, which is the same for each attempt, encrypted.
        #[diesel(skip_update)]
        payload: Text => String,
        /// Number of attempts.
        attempts: Integer => i32,
        /// Time of the next attempt; null after its arrival or the last attempt.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        delivered_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}

rows! {
    /// A call of a webhook, and its answer.
    event_callbacks => EventCallbackRow, filter EventCallbackFilter { webhook_id: &'a str, event_id: &'a str } {
        event_id: Text => String,
        webhook_id: Text => String,
        delivery_id: Text => String,
        callback_url: Text => String,
        response_code: Nullable<Text> => Option<String>,
        response_message: Nullable<Text> => Option<String>,
    }
}

diesel::table! {
    outbox (sequence) {
        sequence -> BigInt,
        organization_id -> Text,
        test -> Bool,
        created_at -> Timestamp,
        changes -> Text,
    }
}

/// Changes of a transaction that may become events.
#[derive(Clone, Debug)]
pub struct NewOutboxRow {
    /// Id of the organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Time of the transaction.
    pub created_at: StoredTime,
    /// JSON array, in the domain's words.
    pub changes: String,
}

/// A row of the outbox that waits to be processed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct OutboxRow {
    /// Number in the order of writing.
    pub sequence: i64,
    /// Id of the organization.
    pub organization_id: String,
    /// Whether it is in test mode.
    pub test: bool,
    /// Time of the transaction.
    pub created_at: StoredTime,
    /// JSON array, in the domain's words.
    pub changes: String,
}

/// The result of a webhook's call, and its record.
#[derive(Clone, Debug)]
pub struct Called {
    /// The call.
    pub callback: EventCallbackRow,
    /// Number of attempts before this one. The delivery is not changed if another process has made an attempt meanwhile.
    pub attempts: i32,
    /// Time of the next attempt.
    pub next_attempt_at: Option<StoredTime>,
    /// Time of the arrival.
    pub delivered_at: Option<StoredTime>,
}
