use tillgate_model_derive::resource;

use super::EventCallback;
use crate::{Secret, Timestamp, ToMany, Topic, text_enum};

text_enum! {
    /// State of a webhook's circuit.
    pub enum CircuitState {
        /// The webhook is called.
        #[default]
        Closed,
        /// The webhook is not called: 30 consecutive calls have failed. `_reset_circuit` closes the circuit again.
        Open,
    }
}

/// A URL of the merchant that is called for one topic. A call is a `POST` of the resource as `GET` shows it, signed with the
/// shared secret. Any 2xx within five seconds is a success. A call is tried ten times within three days.
#[resource(
    type = "webhooks",
    singular = "webhook",
    tag = "Events",
    actions(list, retrieve, create, update, delete)
)]
pub struct Webhook {
    /// Name of the webhook; `Webhook` and its id unless given.
    #[attribute(read, create, update, filter)]
    #[validate(length(min = 1, max = 255))]
    pub name: Option<String>,
    /// What it is called for.
    #[attribute(read, create, update, filter)]
    pub topic: Topic,
    /// URL that is called. Addresses of private networks are refused unless the operator allows them.
    #[attribute(read, create, update)]
    #[validate(url, length(max = 1024))]
    pub callback_url: String,
    /// Relationships whose resources are included in the payload, such as `market` or `payment_source.order`; at most three
    /// deep.
    #[attribute(read, create, update)]
    #[validate(length(max = 10))]
    pub include_resources: Option<Vec<String>>,
    /// When the webhook was disabled; a 410 in answer to a call does that too.
    #[attribute(read, filter, sort)]
    pub disabled_at: Option<Timestamp>,
    /// Whether it is called at the moment.
    #[attribute(read, filter, sort)]
    pub circuit_state: CircuitState,
    /// How many calls have failed in a row.
    #[attribute(read, filter, sort)]
    pub circuit_failure_count: i64,
    /// Secret that signs the calls: 32 hexadecimal digits.
    #[attribute(read, default = "")]
    pub shared_secret: Secret,
    /// Disables the webhook: it never gets the events of that time.
    #[trigger(create, update)]
    pub disable: Option<bool>,
    /// Enables the webhook again.
    #[trigger(create, update)]
    pub enable: Option<bool>,
    /// Closes the circuit and forgets the failures. The events of that time are then delivered.
    #[trigger(update)]
    pub reset_circuit: Option<bool>,
    /// Replaces the shared secret at once.
    #[trigger(update)]
    pub regenerate_shared_secret: Option<bool>,
    /// Its calls, oldest first; they are kept for a month.
    #[relationship]
    pub last_event_callbacks: ToMany<EventCallback>,
}
