//! Merchants' systems in the same process, which answer as a test asks.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{
    FutureExt,
    future::{BoxFuture, pending, ready},
};
use serde_json::Value;
use tillgate_outgoing::{Policy, Refused};
use tillgate_sandbox::{Clock as _, ManualClock};
use url::Url;

use crate::{Message, NoReply, Reply, Sender};

/// The behaviour of a receiver.
#[derive(Clone)]
pub enum Behaviour {
    /// Answers with a status.
    Answer(u16),
    /// Answers with a status and a `Retry-After`.
    ComeAgain(u16, &'static str),
    /// Cannot be reached.
    Dead,
    /// Answers 200 after a time. The clock moves on for all, unless the caller stops waiting first.
    Takes(TimeDelta),
    /// Receives the call and never answers.
    Hangs,
}

/// A received call.
#[derive(Clone, Debug)]
pub struct Received {
    pub at: DateTime<Utc>,
    pub url: String,
    pub headers: HashMap<&'static str, String>,
    pub body: String,
}

impl Received {
    pub fn payload(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub struct Receivers {
    clock: ManualClock,
    behaviours: Mutex<HashMap<String, Behaviour>>,
    received: Mutex<Vec<Received>>,
}

impl Receivers {
    pub fn new(clock: ManualClock) -> Self {
        Self {
            clock,
            behaviours: Mutex::default(),
            received: Mutex::default(),
        }
    }

    /// Sets the behaviour of a URL from now on. The default is 200.
    pub fn behave(&self, url: &str, behaviour: Behaviour) {
        locked(&self.behaviours).insert(url.to_owned(), behaviour);
    }

    /// The calls of a URL so far.
    pub fn calls(&self, url: &str) -> Vec<Received> {
        let received = locked(&self.received);
        received.iter().filter(|call| call.url == url).cloned().collect()
    }
}

impl Receivers {
    fn wait(&self, time: TimeDelta, timeout: Duration) -> Result<Reply, NoReply> {
        let timeout = TimeDelta::from_std(timeout).unwrap();
        self.clock.advance(time.min(timeout));
        if time > timeout {
            return Err(NoReply("too late".into()));
        }
        Ok(Reply {
            status: 200,
            retry_after: None,
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl Sender for Receivers {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Reply, NoReply>> {
        let reply = |status, retry_after: Option<&str>| {
            Ok(Reply {
                status,
                retry_after: retry_after.map(str::to_owned),
            })
        };
        let at = self.clock.now();
        let behaviour = locked(&self.behaviours).get(&message.url).cloned();
        let answer = match behaviour.unwrap_or(Behaviour::Answer(200)) {
            Behaviour::Dead => return ready(Err(NoReply("dead".into()))).boxed(),
            Behaviour::Answer(status) => ready(reply(status, None)).boxed(),
            Behaviour::ComeAgain(status, when) => ready(reply(status, Some(when))).boxed(),
            Behaviour::Takes(time) => ready(self.wait(time, message.timeout)).boxed(),
            Behaviour::Hangs => pending().boxed(),
        };
        locked(&self.received).push(Received {
            at,
            url: message.url.clone(),
            headers: message.headers.iter().cloned().collect(),
            body: String::from_utf8(message.body.to_vec()).unwrap(),
        });
        answer
    }

    fn judge(&self, url: &Url) -> Result<(), Refused> {
        Policy::public(Vec::new()).judge(url)
    }
}
