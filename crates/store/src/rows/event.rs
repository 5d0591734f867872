use crate::StoredTime;
use diesel::prelude::*;

rows! {
    /// Where a merchant's system is told of a topic.
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
    /// Something that has happened and that a webhook is called for.
    events => EventRow, filter EventFilter { resource_id: &'a str } {
        /// The topic.
        name: Text => String,
        resource_type: Text => String,
        resource_id: Text => String,
    }
}

rows! {
    /// What is to be sent to a webhook, or was.
    event_deliveries => EventDeliveryRow, filter EventDeliveryFilter { event_id: &'a str } {
        #[diesel(skip_update)]
        event_id: Text => String,
        #[diesel(skip_update)]
        webhook_id: Text => String,
        /// Encrypted: the body, which is the same each time.
        #[diesel(skip_update)]
        payload: Text => String,
        /// How often it was tried.
        attempts: Integer => i32,
        /// When it is tried next; none when it has arrived or was given up.
        next_attempt_at: Nullable<Timestamp> => Option<StoredTime>,
        delivered_at: Nullable<Timestamp> => Option<StoredTime>,
    }
}

rows! {
    /// A call of a webhook, and what was answered.
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

/// What a transaction has changed that somebody may want to be told of.
#[derive(Clone, Debug)]
pub struct NewOutboxRow {
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// When it was written.
    pub created_at: StoredTime,
    /// JSON array, in the domain's words.
    pub changes: String,
}

/// A row of the outbox that waits to be processed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct OutboxRow {
    /// Counts up in the order of writing.
    pub sequence: i64,
    /// Whose it is.
    pub organization_id: String,
    /// Test mode, or live.
    pub test: bool,
    /// When it was written.
    pub created_at: StoredTime,
    /// JSON array, in the domain's words.
    pub changes: String,
}

/// What a call of a webhook has led to, and what is written of it.
#[derive(Clone, Debug)]
pub struct Called {
    /// The call.
    pub callback: EventCallbackRow,
    /// How often the delivery had been tried before; it is left alone if somebody else has tried it meanwhile.
    pub attempts: i32,
    /// When it is tried again.
    pub next_attempt_at: Option<StoredTime>,
    /// When it arrived.
    pub delivered_at: Option<StoredTime>,
}
