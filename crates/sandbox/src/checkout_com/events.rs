//! Events: changes of payments, for the workflows that subscribe to them.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::payment::{Action, Payment, Verdict};
use super::render::{balances, set, time};
use super::response_code;
use super::{Call, CheckoutCom};
use crate::env::Env;
use crate::ledger::Vendor;
use crate::webhooks::Webhook;

/// Maximum number of events that are kept, the newest.
const MAX_EVENTS: usize = 5000;
/// The version of the event's shape.
const VERSION: &str = "1.0.29";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    live: bool,
    body: Value,
}

/// The part of a payment that an event is about.
pub(super) enum About<'a> {
    Payment,
    Authorization(&'a Verdict),
    Action(&'a Action),
}

impl CheckoutCom {
    /// Sends the event of the issuer's answer.
    pub(super) fn tell_verdict(&mut self, env: &mut Env, payment: &Payment, at: DateTime<Utc>) {
        let Some(verdict) = &payment.verdict else { return };
        let event = match (verdict.is_approved(), payment.amount == 0) {
            (true, false) => "payment_approved",
            (false, false) => "payment_declined",
            (true, true) => "card_verified",
            (false, true) => "card_verification_declined",
        };
        self.tell(env, payment, event, &About::Authorization(verdict), at);
    }

    /// Stores an event and posts it to every active workflow that subscribes to it.
    pub(super) fn tell(
        &mut self,
        env: &mut Env,
        payment: &Payment,
        kind: &str,
        about: &About<'_>,
        at: DateTime<Utc>,
    ) {
        let id = Self::new_id(env, "evt_");
        let base = env.public_url();
        let body = json!({
            "id": id,
            "type": kind,
            "version": VERSION,
            "created_on": time(at),
            "data": self.data(payment, about, at),
            "_links": {
                "self": { "href": format!("{base}/workflows/events/{id}") },
                "payment": { "href": format!("{base}/payments/{}", payment.id) },
            },
        });
        for endpoint in self.subscribers(payment.live, kind) {
            env.post(Webhook {
                vendor: Vendor::CheckoutCom,
                endpoint,
                event_id: id.clone(),
                event_type: kind.to_owned(),
                body: body.to_string(),
            });
        }
        let live = payment.live;
        self.events.put(env, &id, Event { live, body });
        let oldest = self.events.iter().next().map(|(id, _)| id.to_owned());
        if self.events.len() > MAX_EVENTS
            && let Some(oldest) = oldest
        {
            self.events.remove(env, &oldest);
        }
    }

    fn data(&self, payment: &Payment, about: &About<'_>, at: DateTime<Utc>) -> Value {
        let mut data = Map::new();
        let mut metadata = payment.metadata.clone();
        let mut reference = payment.reference.as_ref();
        let (mut action_id, mut amount, mut code, mut done) = (None, payment.amount, None, None);
        match about {
            About::Payment => {}
            About::Authorization(verdict) => {
                action_id = Some(&payment.authorization_id);
                code = Some(verdict.response_code.as_str());
                done = Some(verdict.at);
                set(&mut data, "auth_code", json!(verdict.auth_code));
            }
            About::Action(action) => {
                action_id = Some(&action.id);
                amount = action.amount;
                reference = action.reference.as_ref().or(reference);
                metadata.extend(action.metadata.clone());
                if action.due <= at {
                    code = Some(action.response_code());
                    done = Some(action.due);
                }
            }
        }
        set(&mut data, "id", json!(payment.id));
        set(&mut data, "action_id", json!(action_id));
        set(&mut data, "payment_type", json!(payment.payment_type));
        set(&mut data, "amount", json!(amount));
        set(&mut data, "currency", json!(payment.currency));
        set(&mut data, "reference", json!(reference));
        set(&mut data, "metadata", json!(metadata));
        set(&mut data, "response_code", json!(code));
        set(
            &mut data,
            "response_summary",
            json!(code.map(response_code::summary)),
        );
        set(&mut data, "processed_on", json!(done.map(time)));
        set(&mut data, "balances", balances(&payment.balances(at)));
        let customer = self.customers.get(&payment.customer_id);
        let email = customer.and_then(|customer| customer.email.as_ref());
        set(
            &mut data,
            "customer",
            json!({ "id": payment.customer_id, "email": email }),
        );
        set(
            &mut data,
            "source",
            json!({
                "id": payment.source_id, "type": "card", "scheme": payment.card.scheme, "last_4": payment.card.last4,
            }),
        );
        Value::Object(data)
    }

    /// `GET /workflows/events/{id}`
    pub(super) fn get_event(&self, call: &Call, id: &str) -> Outcome {
        let event = self.events.get(id).filter(|event| event.live == call.mode.live);
        let event = event.ok_or_else(Refusal::not_found)?;
        Ok(Answer::json(StatusCode::OK, event.body.clone()))
    }
}
