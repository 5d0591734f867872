//! The merchant's system that webhooks call. It is not always up, and its answers do not always arrive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tillgate_outgoing::Refused;
use tillgate_payments::{Message, NoReply, Reply, Sender};
use url::Url;

use crate::{notes::text, world::World};

/// URL of its webhooks; the topic follows.
pub const URL: &str = "https://merchant.example/";

/// The calls under one identifier.
#[derive(Clone, Debug)]
pub struct Told {
    /// Topic of the event.
    pub topic: String,
    /// Id of the resource.
    pub id: String,
    /// Number of calls.
    pub calls: usize,
    /// Number of calls that arrived.
    pub arrived: usize,
    body: Bytes,
}

/// The merchant's system.
pub struct Merchant {
    world: Arc<World>,
    told: Mutex<BTreeMap<String, Told>>,
}

impl Merchant {
    /// A merchant without calls.
    pub fn new(world: &Arc<World>) -> Self {
        Self {
            world: Arc::clone(world),
            told: Mutex::default(),
        }
    }

    /// The calls, by identifier.
    pub fn told(&self) -> BTreeMap<String, Told> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call, whether it arrives or not: the same identifier means the same bytes.
    fn called(&self, message: &Message) -> String {
        let header = |name: &str| {
            let mut headers = message.headers.iter();
            let found = headers.find(|(header, _)| *header == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let identifier = header("webhook-id");
        let payload: Value = serde_json::from_slice(&message.body).unwrap_or_default();
        let mut all = self.locked();
        let told = all.entry(identifier.clone()).or_insert_with(|| Told {
            topic: header("x-commercelayer-topic"),
            id: text(&payload["data"]["id"]).to_owned(),
            calls: 0,
            arrived: 0,
            body: message.body.clone(),
        });
        told.calls += 1;
        if told.body != message.body || message.url != format!("{URL}{}", told.topic) {
            self.world
                .violate(format!("{identifier} is sent again with another body or URL"));
        }
        identifier
    }

    fn arrived(&self, identifier: &str) {
        if let Some(told) = self.locked().get_mut(identifier) {
            told.arrived += 1;
            self.world
                .note(format!("the merchant receives {} {}", told.topic, told.id));
        }
    }
}

impl Sender for Merchant {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Reply, NoReply>> {
        async move {
            let world = &self.world;
            world.may_crash("before a call of a webhook").await;
            let identifier = self.called(message);
            let fault = world.faults().merchant;
            if world.chance(fault / 2.0) {
                return Err(NoReply("connection refused".into()));
            }
            world
                .sleep_between(Duration::from_millis(5), Duration::from_millis(400))
                .await;
            self.arrived(&identifier);
            let status = if world.chance(fault / 4.0) { 500 } else { 200 };
            let answers = !world.chance(fault / 4.0);
            world.may_crash("after a call of a webhook").await;
            if answers {
                return Ok(Reply {
                    status,
                    retry_after: None,
                });
            }
            world.sleep(message.timeout).await;
            Err(NoReply("no answer in time".into()))
        }
        .boxed()
    }

    fn judge(&self, _: &Url) -> Result<(), Refused> {
        Ok(())
    }
}
