//! `/v1/events`: changes with the object as it was then, and their delivery to the subscribed webhook endpoints.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::call::Call;
use super::error::ApiError;
use super::expand::Expansion;
use super::list::Page;
use super::model::{Charge, PaymentIntent, Refund};
use super::params::Params;
use super::render;
use super::store::{Place, Store, find};
use super::transport::DEFAULT_VERSION;
use super::webhook_endpoints::check_types;
use crate::env::Env;
use crate::ledger::Vendor;
use crate::webhooks::Webhook;

/// Maximum number of events that are kept, the newest. The vendor keeps those of thirty days.
const MAX_EVENTS: usize = 5000;
const MAX_TYPES: usize = 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) livemode: bool,
    pub(super) created: DateTime<Utc>,
    kind: String,
    /// The object after the change, as text: most events are never read.
    #[serde(deserialize_with = "text_of")]
    object: Box<RawValue>,
    /// The former values of changed members; only events of updates have them.
    previous: Option<Value>,
    /// Absent without a request, such as when an authorization expires.
    request_id: Option<String>,
    idempotency_key: Option<String>,
    /// Endpoints that haven't acknowledged it.
    pending_webhooks: u32,
}

fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    to_raw_value(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
}

impl Event {
    fn render(&self, api_version: &str) -> Value {
        let mut data = json!({ "object": self.object });
        if let Some(previous) = &self.previous {
            data["previous_attributes"] = previous.clone();
        }
        json!({
            "id": self.id, "object": "event", "api_version": api_version, "created": self.created.timestamp(),
            "data": data, "livemode": self.livemode, "pending_webhooks": self.pending_webhooks,
            "request": { "id": self.request_id, "idempotency_key": self.idempotency_key }, "type": self.kind,
        })
    }
}

pub(super) fn of_intent(store: &mut Store, call: &mut Call<'_>, kind: &str, pi: &PaymentIntent) {
    let object = render::payment_intent(pi, call.env.public_url());
    emit(store, call, kind, pi.livemode, object, None);
}

pub(super) fn of_charge(store: &mut Store, call: &mut Call<'_>, kind: &str, charge: &Charge) {
    emit(store, call, kind, charge.livemode, render::charge(charge), None);
}

pub(super) fn of_refund(store: &mut Store, call: &mut Call<'_>, kind: &str, refund: &Refund) {
    emit(store, call, kind, refund.livemode, render::refund(refund), None);
}

/// Emits both events that the vendor has for a changed refund.
pub(super) fn refund_updated(store: &mut Store, call: &mut Call<'_>, refund: &Refund, previous: &Value) {
    for kind in ["refund.updated", "charge.refund.updated"] {
        let (object, previous) = (render::refund(refund), Some(previous.clone()));
        emit(store, call, kind, refund.livemode, object, previous);
    }
}

fn emit(
    store: &mut Store,
    call: &mut Call<'_>,
    kind: &str,
    livemode: bool,
    object: Value,
    previous: Option<Value>,
) {
    let object = match to_raw_value(&object) {
        Ok(object) => object,
        Err(error) => {
            tracing::error!(kind, %error, "an object can't be written as JSON");
            return;
        }
    };
    let mut event = Event {
        id: call.id("evt_"),
        livemode,
        created: call.now,
        kind: kind.to_owned(),
        object,
        previous,
        request_id: call.request_id.clone(),
        idempotency_key: call.idempotency_key.clone(),
        pending_webhooks: 0,
    };
    let subscribed = || {
        store
            .webhook_endpoints
            .iter()
            .filter(|(_, endpoint)| endpoint.livemode == livemode && endpoint.wants(kind))
    };
    event.pending_webhooks = u32::try_from(subscribed().count()).unwrap_or(u32::MAX);
    for (id, endpoint) in subscribed() {
        let version = endpoint.api_version.as_deref().unwrap_or(DEFAULT_VERSION);
        call.env.post(Webhook {
            vendor: Vendor::Stripe,
            endpoint: id.to_owned(),
            event_id: event.id.clone(),
            event_type: kind.to_owned(),
            body: event.render(version).to_string(),
        });
    }
    store.events.put(call.env, &event.id.clone(), event);
    let oldest = store.events.iter().next().map(|(id, _)| id.to_owned());
    if store.events.len() > MAX_EVENTS
        && let Some(oldest) = oldest
    {
        store.events.remove(call.env, &oldest);
    }
}

/// Counts another endpoint that has acknowledged the event.
pub(super) fn acknowledged(store: &mut Store, env: &mut Env, id: &str) {
    if let Some(mut event) = store.events.get(id).cloned() {
        event.pending_webhooks = event.pending_webhooks.saturating_sub(1);
        store.events.put(env, id, event);
    }
}

/// `GET /v1/events/{id}`
pub(super) fn retrieve(
    store: &Store,
    call: &Call<'_>,
    id: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "event", "")?;
    params.finish()?;
    Ok(find(&store.events, call, id, Place::Path("id"))?.render(DEFAULT_VERSION))
}

/// `GET /v1/events`
pub(super) fn list(store: &Store, call: &Call<'_>, mut params: Params) -> Result<Value, ApiError> {
    Expansion::read(&mut params, "list", "event")?;
    let page = Page::read(&mut params)?;
    let kind = params.text("type")?;
    let kinds = params.list("types")?;
    params.finish()?;
    if kind.is_some() && kinds.is_some() {
        return Err(ApiError::invalid(
            "You may only specify one of these parameters: type, types.",
        ));
    }
    if let Some(kinds) = &kinds {
        if kinds.len() > MAX_TYPES {
            return Err(
                ApiError::invalid(format!("You may pass at most {MAX_TYPES} types.")).with_param("types"),
            );
        }
        check_types(kinds, "types")?;
    }
    // `charge.*` matches all types of a family.
    let matches = |wanted: &str, event: &Event| match wanted.strip_suffix('*') {
        Some(family) => event.kind.starts_with(family),
        None => event.kind == wanted,
    };
    let wanted = |event: &Event| {
        kind.as_ref().is_none_or(|wanted| matches(wanted, event))
            && kinds
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|wanted| matches(wanted, event)))
    };
    page.answer(call, &store.events, "/v1/events", wanted, |event| {
        event.render(DEFAULT_VERSION)
    })
}
