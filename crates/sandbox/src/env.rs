//! The environment of a vendor: time, randomness, settings, persistence.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, atomic::Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::SandboxConfig;
use crate::faults::{Fault, Faults, Occasion};
use crate::journal::{Journal, Replayed};
use crate::webhooks::Webhook;

/// Source of the current time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the real clock is made here
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is advanced. Clones share their time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sandbox's own journaled state.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Meta {
    /// Number of times that the journal was opened: each run of a seeded sandbox draws ids from its own stream, because a restart
    /// would otherwise repeat the ids.
    opened: u64,
    /// Seconds by which the admin route advanced the clock.
    clock_offset: i64,
    /// The part of these seconds by which it also advanced the clock of the service in the same process.
    #[serde(default)]
    service_offset: i64,
    /// The delay of asynchronous actions, if it was set while the sandbox ran.
    #[serde(default)]
    action_delay_ms: Option<u64>,
}

const META_TABLE: &str = "sandbox";
const META_ID: &str = "meta";

/// The environment of a vendor.
pub struct Env {
    config: SandboxConfig,
    public_url: String,
    clock: Arc<dyn Clock>,
    meta: Meta,
    rng: ChaCha12Rng,
    journal: Journal,
    replayed: Replayed,
    faults: Faults,
    outbox: Vec<Webhook>,
}

impl Env {
    pub(crate) fn open(config: SandboxConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (journal, replayed) = match &config.data_dir {
            Some(directory) => Journal::open(directory)?,
            None => (Journal::default(), Replayed::new()),
        };
        let rng = match config.seed {
            Some(seed) => ChaCha12Rng::seed_from_u64(seed),
            None => rand::make_rng(),
        };
        let public_url = match &config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", config.listen),
        };
        let mut env = Self {
            config,
            public_url,
            clock,
            meta: Meta::default(),
            rng,
            journal,
            replayed,
            faults: Faults::default(),
            outbox: Vec::new(),
        };
        if let Some((_, value)) = env.take_replayed(META_TABLE).find(|(id, _)| id == META_ID) {
            env.meta = serde_json::from_value(value)?;
        }
        env.tell_offset();
        env.rng.set_stream(env.meta.opened);
        env.meta.opened += 1;
        env.record_meta();
        Ok(env)
    }

    /// The time that the simulated vendors see.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::seconds(self.meta.clock_offset)
    }

    /// The time of the receivers of webhooks, who refuse signatures of another time. A service in another process does not know
    /// that the clock was advanced.
    pub(crate) fn receivers_now(&self) -> DateTime<Utc> {
        match self.config.advanced_by {
            Some(_) => self.clock.now() + TimeDelta::seconds(self.meta.service_offset),
            None => self.clock.now(),
        }
    }

    /// `prefix` followed by `len` characters of `alphabet` (ASCII, not empty).
    pub fn random_id(&mut self, prefix: &str, len: usize, alphabet: &[u8]) -> String {
        let mut id = String::with_capacity(prefix.len() + len);
        id.push_str(prefix);
        for _ in 0..len {
            id.push(char::from(alphabet[self.rng.random_range(0..alphabet.len())]));
        }
        id
    }

    /// Origin under which browsers reach the sandbox, without a trailing slash.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The sandbox's settings.
    #[must_use]
    pub fn config(&self) -> &SandboxConfig {
        &self.config
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Advances the vendors' clock by whole seconds, also over restarts, and with it the clock of the service in the same
    /// process, unless `only_vendors`.
    pub(crate) fn advance_clock(&mut self, seconds: u32, only_vendors: bool) {
        self.meta.clock_offset += i64::from(seconds);
        if !only_vendors {
            self.meta.service_offset += i64::from(seconds);
        }
        self.tell_offset();
        self.record_meta();
    }

    fn tell_offset(&self) {
        if let Some(advanced_by) = &self.config.advanced_by {
            advanced_by.store(self.meta.service_offset, Ordering::SeqCst);
        }
    }

    /// Time between the acceptance and the effect of an asynchronous action.
    #[must_use]
    pub fn action_delay(&self) -> Duration {
        self.meta
            .action_delay_ms
            .map_or(self.config.action_delay, Duration::from_millis)
    }

    /// Sets the delay of actions that are accepted from now on, also over restarts.
    pub(crate) fn set_action_delay(&mut self, delay: Duration) {
        self.meta.action_delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self.record_meta();
    }

    /// Adds a message to a subscriber. It is queued at the end of the request.
    pub(crate) fn post(&mut self, webhook: Webhook) {
        self.outbox.push(webhook);
    }

    pub(crate) fn take_outbox(&mut self) -> Vec<Webhook> {
        std::mem::take(&mut self.outbox)
    }

    pub(crate) fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The fault that hits this occasion, if any; counts it.
    pub(crate) fn strike(&mut self, occasion: &Occasion<'_>) -> Option<Fault> {
        self.faults.take(occasion, &mut self.rng)
    }

    /// A whole number below `end`, which is not 0.
    pub(crate) fn random_below(&mut self, end: u64) -> u64 {
        self.rng.random_range(0..end)
    }

    pub(crate) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    pub(crate) fn take_replayed(&mut self, table: &str) -> impl Iterator<Item = (String, Value)> + use<> {
        self.replayed.remove(table).unwrap_or_default().into_rows()
    }

    fn record_meta(&mut self) {
        self.journal.record(META_TABLE, META_ID, Some(&self.meta));
    }
}
