use tillgate_model_derive::resource;

use super::Webhook;
use crate::{JsonObject, ToOne};

/// A call of a webhook, and its answer. It is kept for a month, even if the webhook is deleted.
#[resource(
    type = "event_callbacks",
    singular = "event_callback",
    tag = "Events",
    actions(list, retrieve)
)]
pub struct EventCallback {
    /// URL that was called.
    #[attribute(read)]
    pub callback_url: String,
    /// Body of the call.
    #[attribute(read)]
    pub payload: JsonObject,
    /// HTTP status of the answer; null without an answer.
    #[attribute(read)]
    pub response_code: Option<String>,
    /// Reason phrase of the answer, or the reason why there was none.
    #[attribute(read)]
    pub response_message: Option<String>,
    /// The webhook that was called.
    #[relationship]
    pub webhook: ToOne<Webhook>,
}
