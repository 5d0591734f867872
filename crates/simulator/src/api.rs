//! The API as a client uses it: bodies in JSON, idempotency keys, and timeouts.

use std::{collections::HashMap, rc::Rc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{Either, select};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tillgate_model::{
    document::Page,
    openapi::{Operation, operations},
    query::Query,
};
use tillgate_payments::{Answer, Call, Caller, IdempotencyKey};

use crate::{
    client::Habits,
    host::{Host, NoAnswer},
    notes::{KeyNotes, SharedNotes, text},
    world::World,
};

/// Time in which a client repeats a request with the same key: the service remembers keys for a day.
const TRIES_FOR: TimeDelta = TimeDelta::hours(20);
const MOST_TRIES: usize = 6;

/// All operations, by method and path.
pub type Operations = Rc<HashMap<(&'static str, String), Operation>>;

/// Makes the table of operations.
pub fn table() -> Operations {
    let all = operations().into_iter();
    Rc::new(
        all.map(|operation| ((operation.method(), operation.path()), operation))
            .collect(),
    )
}

/// A client of the API.
#[derive(Clone)]
pub struct Api {
    /// The machine that answers.
    pub host: Rc<Host>,
    /// The answers that clients got.
    pub notes: SharedNotes,
    /// The caller.
    pub caller: Caller,
    /// All operations.
    pub operations: Operations,
    /// The clients' habits.
    pub habits: Rc<Habits>,
    /// Name of the client in the trace.
    pub name: String,
}

/// A request to send.
#[derive(Clone, Debug)]
pub struct Ask {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with `{id}` where it has an id.
    pub path: String,
    /// The id.
    pub id: Option<String>,
    /// The body, or null.
    pub body: Value,
    /// The partial amount that is requested, with its transaction.
    pub part: Option<(String, i64)>,
}

impl Ask {
    /// A request that reads.
    pub fn get(path: impl Into<String>, id: &str) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            id: Some(id.into()),
            body: Value::Null,
            part: None,
        }
    }

    fn words(&self) -> String {
        let path = self.path.replace("{id}", self.id.as_deref().unwrap_or_default());
        match &self.body {
            Value::Null => format!("{} {path}", self.method),
            body => format!("{} {path} {}", self.method, body["data"]["attributes"]),
        }
    }
}

/// The answer that a client gets.
pub enum Heard {
    /// A success, with its document.
    Success(Value),
    /// A refusal.
    Refused(u16, String),
    /// Nothing: there was no answer, or not in time.
    Nothing,
}

impl Api {
    fn world(&self) -> &std::sync::Arc<World> {
        &self.host.world
    }

    /// Reads a resource. `None` without success.
    pub async fn get(&self, path: &str, id: &str) -> Option<Value> {
        match self.once(&Ask::get(path, id), None).await {
            Heard::Success(document) => Some(document),
            Heard::Refused(..) | Heard::Nothing => None,
        }
    }

    /// Writes, with an idempotency key or without. With one, it repeats the request until it gets a final answer, and perhaps
    /// once more.
    pub async fn write(&self, ask: Ask, with_key: bool) -> Option<Value> {
        let (key, ask) = self.new_key(ask);
        if !with_key {
            return match self.once(&ask, None).await {
                Heard::Success(document) => Some(document),
                Heard::Refused(..) | Heard::Nothing => None,
            };
        }
        let began = self.world().now();
        let mut answer = None;
        for _ in 0..MOST_TRIES {
            match self.once(&ask, Some(&key)).await {
                Heard::Success(document) => answer = Some(document),
                Heard::Refused(409 | 429 | 500.., _) | Heard::Nothing => {}
                Heard::Refused(..) => return None,
            }
            let again = answer.is_none() || self.world().chance(0.1);
            if !again || !self.rest(began).await {
                break;
            }
        }
        answer
    }

    /// Waits before another try; false if the key is too old for it.
    async fn rest(&self, began: DateTime<Utc>) -> bool {
        let world = self.world();
        let longest = if world.chance(0.05) { 3600 } else { 20 };
        world
            .sleep_between(Duration::from_millis(300), Duration::from_secs(longest))
            .await;
        world.now() - began < TRIES_FOR
    }

    /// A key for a request. A new payment source is marked with it.
    fn new_key(&self, mut ask: Ask) -> (String, Ask) {
        let mut notes = self.notes.borrow_mut();
        notes.requests += 1;
        let key = format!("key-{}", notes.requests);
        if matches!(
            ask.path.as_str(),
            "/api/stripe_payments" | "/api/checkout_com_payments"
        ) {
            ask.body["data"]["attributes"]["reference"] = key.clone().into();
        }
        let noted = KeyNotes {
            path: ask.path.clone(),
            id: ask.id.clone(),
            attributes: ask.body["data"]["attributes"].clone(),
            part: ask.part.clone(),
            answered: None,
        };
        notes.keys.insert(key.clone(), noted);
        (key, ask)
    }

    /// One request.
    pub async fn once(&self, ask: &Ask, key: Option<&str>) -> Heard {
        let Some(operation) = self.operations.get(&(ask.method, ask.path.clone())) else {
            self.world()
                .violate(format!("there is no {} {}", ask.method, ask.path));
            return Heard::Nothing;
        };
        let body = match &ask.body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let call = Call {
            operation: *operation,
            id: ask.id.as_ref().and_then(|id| id.parse().ok()),
            query: Query::page(Page { number: 1, size: 25 }),
            if_match: None,
            idempotency_key: key.map(|key| IdempotencyKey {
                key: key.to_owned(),
                fingerprint: fingerprint(ask, &body),
            }),
            body: body.into(),
        };
        let words = format!("{} {}", ask.words(), key.unwrap_or_default());
        self.world().note(format!("asks {words}"));
        let answered = self.wait_for(call).await;
        self.hear(ask, key, &words, answered)
    }

    async fn wait_for(&self, call: Call) -> Result<Result<Answer, tillgate_model::Problems>, NoAnswer> {
        let world = self.world();
        let call = std::pin::pin!(self.host.call(&self.caller, &self.name, call));
        if !world.chance(world.faults().impatient) {
            return call.await;
        }
        let patience = world.between(Duration::from_millis(1), Duration::from_secs(5));
        match select(call, std::pin::pin!(world.sleep(patience))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(NoAnswer),
        }
    }

    fn hear(
        &self,
        ask: &Ask,
        key: Option<&str>,
        words: &str,
        answered: Result<Result<Answer, tillgate_model::Problems>, NoAnswer>,
    ) -> Heard {
        let world = self.world();
        let answer = match answered {
            Err(NoAnswer) => {
                world.note(format!("gets no answer to {words}"));
                return Heard::Nothing;
            }
            Ok(Err(problems)) => {
                let status = problems.status();
                let rendered = problems.render(tillgate_model::Dialect::CommerceLayer);
                world.note(format!("{status} {} to {words}", rendered["errors"][0]["detail"]));
                self.count(status);
                if status == 500 {
                    world.violate(format!("500 to {words}"));
                }
                let meta = &rendered["errors"][0]["meta"];
                let code = ["error", "gateway_code", "state"]
                    .map(|word| text(&meta[word]))
                    .join(" ");
                self.check_refusal(key, status, words);
                return Heard::Refused(status, code);
            }
            Ok(Ok(answer)) => answer,
        };
        self.count(answer.status);
        let pending = if answer.retry_after.is_some() {
            ", open"
        } else {
            ""
        };
        world.note(format!("{}{pending} to {words}", answer.status));
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 201 {
            self.notes
                .borrow_mut()
                .see_new_source(&ask.body, &document["data"]);
        }
        self.observe(&document);
        if answer.status < 400 {
            self.check_success(ask, key, &answer, &document);
            return Heard::Success(document);
        }
        // A refusal that is stored with the key.
        self.check_refusal(key, answer.status, words);
        Heard::Refused(answer.status, String::new())
    }

    fn count(&self, status: u16) {
        *self.notes.borrow_mut().answers.entry(status).or_default() += 1;
    }

    fn observe(&self, document: &Value) {
        let mut notes = self.notes.borrow_mut();
        let resources = match &document["data"] {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for resource in resources {
            if let Err(contradiction) = notes.see(resource) {
                self.world().violate(contradiction);
            }
        }
    }

    /// Checks that a key has one request, and so one answer.
    fn check_success(&self, ask: &Ask, key: Option<&str>, answer: &Answer, document: &Value) {
        let Some(key) = key.filter(|_| answer.retry_after.is_none()) else {
            return;
        };
        let told = (answer.status, text(&document["data"]["id"]).to_owned());
        let mut notes = self.notes.borrow_mut();
        let known = notes.keys.entry(key.to_owned()).or_default();
        let before = known.answered.get_or_insert(told.clone());
        if *before != told {
            let what = format!(
                "{key} ({} {}) was answered {before:?} and {told:?}",
                ask.method, ask.path
            );
            self.world().violate(what);
        }
    }

    fn check_refusal(&self, key: Option<&str>, status: u16, words: &str) {
        let Some(key) = key else { return };
        let answered = self
            .notes
            .borrow()
            .keys
            .get(key)
            .and_then(|known| known.answered.clone());
        if let Some(before) = answered
            && matches!(status, 400..=499)
            && !matches!(status, 404 | 409 | 429)
        {
            self.world()
                .violate(format!("{status} to {words}, which was answered {before:?}"));
        }
    }
}

fn fingerprint(ask: &Ask, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {:?} {body}", ask.method, ask.path, ask.id));
    hex::encode(hash.finalize())
}
