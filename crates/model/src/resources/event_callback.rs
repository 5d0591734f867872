use tillgate_model_derive::resource;

use super::Webhook;
use crate::{JsonObject, ToOne};

/// A call of a webhook, and its answer. It is kept for a month, even if the webhook is deleted.
#[resource(
    type = "event_callbacks",
    singular = "event_callback",
    tag = "Events",
    grows,
    actions(list, retrieve)
)]
pub struct EventCallback {
    /// Where the webhook was.
    #[attribute(read, filter)]
    pub callback_url: String,
    /// Body of the call.
    #[attribute(read)]
    pub payload: JsonObject,
    /// HTTP status of the answer; null if there was none.
    #[attribute(read, filter, sort)]
    pub response_code: Option<String>,
    /// Its reason phrase, or why there was no answer.
    #[attribute(read, filter, sort)]
    pub response_message: Option<String>,
    /// The webhook that was called.
    #[relationship]
    pub webhook: ToOne<Webhook>,
}
