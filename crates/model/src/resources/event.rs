use tillgate_model_derive::resource;

use super::{EventCallback, Webhook};
use crate::{ToMany, Topic};

/// A change that webhooks are called for. It is kept for a month.
#[resource(
    type = "events",
    singular = "event",
    tag = "Events",
    grows,
    actions(list, retrieve, update)
)]
pub struct Event {
    /// What has happened: the topic.
    #[attribute(read, filter, sort)]
    pub name: Topic,
    /// Calls the webhooks of the topic again, with the resource's present state.
    #[trigger(update)]
    pub trigger: Option<bool>,
    /// The webhooks that are called for the event.
    #[relationship]
    pub webhooks: ToMany<Webhook>,
    /// The calls, oldest first.
    #[relationship]
    pub last_event_callbacks: ToMany<EventCallback>,
}
