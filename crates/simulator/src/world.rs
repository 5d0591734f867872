//! The shared world of a run: time, PSPs, chance, and scheduled events.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tillgate_sandbox::{Clock as _, ManualClock, Sandbox, SandboxConfig};

use crate::{faults::Faults, trace::Trace};

/// URL of both PSPs, as the service knows it.
pub const PSP_URL: &str = "http://127.0.0.1:8081";

/// An action at its time.
type Event = Box<dyn FnOnce(&Arc<World>) + Send>;

/// The shared world of a run.
pub struct World {
    /// Both PSPs.
    pub sandbox: Sandbox,
    clock: ManualClock,
    state: Mutex<State>,
}

struct State {
    due: BTreeMap<(DateTime<Utc>, u64), Event>,
    next_number: u64,
    chance: ChaCha8Rng,
    entropy: ChaCha8Rng,
    faults: Faults,
    trace: Trace,
    crash: bool,
    quiet: bool,
    violation: Option<String>,
    first_sent: HashMap<String, DateTime<Utc>>,
    last_jump: Option<DateTime<Utc>>,
    unreachable_until: Option<DateTime<Utc>>,
    /// Whether the payment is shown as another one, by idempotency key.
    disguised: HashMap<String, bool>,
    /// Payments that were shown as others, and whether they never appeared otherwise.
    impostors: BTreeMap<String, bool>,
    /// Payments that their PSP shows as undecided, and until when.
    waiting: HashMap<String, DateTime<Utc>>,
}

impl World {
    /// The world of a seed, without faults.
    ///
    /// # Errors
    /// The sandbox can't be made.
    pub fn new(seed: u64, keeps_trace: bool) -> std::io::Result<Arc<Self>> {
        let start = Utc
            .with_ymd_and_hms(2030, 1, 1, 12, 0, 0)
            .single()
            .ok_or_else(|| std::io::Error::other("no such date"))?;
        let clock = ManualClock::new(start);
        let config = SandboxConfig {
            public_url: Some(PSP_URL.into()),
            seed: Some(seed),
            ..SandboxConfig::default()
        };
        let stream = |number| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            rng
        };
        Ok(Arc::new(Self {
            sandbox: Sandbox::with_clock(config, Arc::new(clock.clone()))?,
            clock,
            state: Mutex::new(State {
                due: BTreeMap::new(),
                next_number: 0,
                chance: stream(1),
                entropy: stream(2),
                faults: Faults::default(),
                trace: Trace::new(keeps_trace),
                crash: false,
                quiet: false,
                violation: None,
                first_sent: HashMap::new(),
                last_jump: None,
                unreachable_until: None,
                disguised: HashMap::new(),
                impostors: BTreeMap::new(),
                waiting: HashMap::new(),
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock at once: work that became due happens afterwards.
    pub fn jump(&self, by: TimeDelta) {
        self.clock.advance(by);
        let now = self.now();
        self.state().last_jump = Some(now);
    }

    /// Makes the PSPs refuse connections for a while.
    pub fn cut_off(&self, wait: Duration) {
        let until = self.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.state().unreachable_until = Some(until);
    }

    /// Whether the PSPs refuse connections.
    pub fn is_cut_off(&self) -> bool {
        let now = self.now();
        self.state().unreachable_until.is_some_and(|until| now < until)
    }

    /// Whether the clock has jumped at this very moment, before any task could notice.
    pub fn has_just_jumped(&self) -> bool {
        let now = self.now();
        self.state().last_jump == Some(now)
    }

    /// Schedules an event.
    pub fn after(&self, wait: Duration, event: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let at = self.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.at(at, Box::new(event));
    }

    fn at(&self, at: DateTime<Utc>, event: Event) {
        let mut state = self.state();
        let number = state.next_number;
        state.next_number += 1;
        state.due.insert((at, number), event);
    }

    /// Runs the next event at its time, unless that is after `limit`. False if there is none.
    pub fn step(self: &Arc<Self>, limit: DateTime<Utc>) -> bool {
        let (at, event) = {
            let mut state = self.state();
            match state.due.first_key_value() {
                Some(((at, _), _)) if *at <= limit => {}
                _ => return false,
            }
            let Some(((at, _), event)) = state.due.pop_first() else {
                return false;
            };
            (at, event)
        };
        let wait = at - self.now();
        if wait > TimeDelta::zero() {
            self.clock.advance(wait);
        }
        event(self);
        true
    }

    /// Moves the clock to a time before which nothing more happens.
    pub fn wait_until(&self, at: DateTime<Utc>) {
        let wait = at - self.now();
        if wait > TimeDelta::zero() {
            self.clock.advance(wait);
        }
    }

    /// Waits.
    pub async fn sleep(self: &Arc<Self>, wait: Duration) {
        let until = self.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        poll_fn(|cx| {
            if self.now() >= until {
                return Poll::Ready(());
            }
            let waker: Waker = cx.waker().clone();
            self.at(until, Box::new(move |_| waker.wake()));
            Poll::Pending
        })
        .await;
    }

    /// Waits for a random time.
    pub async fn sleep_between(self: &Arc<Self>, least: Duration, most: Duration) {
        let wait = self.between(least, most);
        self.sleep(wait).await;
    }

    /// Perhaps lets other tasks run.
    pub async fn give_way(self: &Arc<Self>) {
        match self.below(4) {
            0 => {}
            1 => {
                self.sleep_between(Duration::ZERO, Duration::from_millis(20))
                    .await
            }
            _ => {
                let mut waited = false;
                poll_fn(|cx| {
                    if std::mem::replace(&mut waited, true) {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
        }
    }

    /// Reads the database undisturbed: no other task runs, and no fault happens.
    pub fn quietly<T>(&self, look: impl FnOnce() -> T) -> T {
        self.state().quiet = true;
        let seen = look();
        self.state().quiet = false;
        seen
    }

    /// Whether such a read is in progress.
    pub fn is_quiet(&self) -> bool {
        self.state().quiet
    }

    /// A random number below another.
    pub fn below(&self, end: usize) -> usize {
        self.state().chance.random_range(0..end)
    }

    /// Whether an event with this probability happens.
    pub fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && self.state().chance.random_bool(probability.min(1.0))
    }

    /// A random time.
    pub fn between(&self, least: Duration, most: Duration) -> Duration {
        self.state().chance.random_range(least..=most)
    }

    /// One of several items.
    pub fn pick<T: Clone>(&self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// A number for jitter.
    pub fn fraction(&self) -> f64 {
        self.state().chance.random()
    }

    /// Random bytes for the service.
    pub fn fill(&self, buffer: &mut [u8]) {
        self.state().entropy.fill_bytes(buffer);
    }

    /// The present mixture of faults.
    pub fn faults(&self) -> Faults {
        self.state().faults
    }

    /// Sets the mixture of faults.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Ends all faults.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults = Faults::default();
        state.unreachable_until = None;
        state.waiting.clear();
        drop(state);
        self.sandbox.clear_faults();
        self.sandbox.set_action_delay(Duration::ZERO);
    }

    /// Draws a mixture of faults.
    pub fn draw_faults(&self) -> Faults {
        Faults::draw(&mut self.state().chance)
    }

    /// Notes an event of the present task.
    pub fn note(&self, event: impl AsRef<str>) {
        let now = self.now();
        self.state().trace.add(now, event.as_ref());
    }

    /// Sets the task whose events are noted.
    pub fn turn_of(&self, actor: &str) {
        let mut state = self.state();
        state.trace.actor.clear();
        state.trace.actor.push_str(actor);
    }

    /// The trace's lines and hash.
    pub fn trace(&self) -> (Vec<String>, String) {
        let mut state = self.state();
        (state.trace.take_lines(), state.trace.hash())
    }

    /// A point where the process may crash: a crashed task is not polled again.
    pub async fn may_crash(self: &Arc<Self>, place: &str) {
        if self.chance(self.faults().crash) {
            self.note(format!("CRASH {place}"));
            self.state().crash = true;
            futures::future::pending::<()>().await;
        }
    }

    /// Whether the process crashes now. Asked once for each crash.
    pub fn take_crash(&self) -> bool {
        std::mem::take(&mut self.state().crash)
    }

    /// Time since a request with this key was first sent.
    pub fn age_of_key(&self, key: &str) -> TimeDelta {
        let now = self.now();
        let mut state = self.state();
        now - *state.first_sent.entry(key.to_owned()).or_insert(now)
    }

    /// Lets a PSP show a payment as undecided for a while. It does so only once.
    pub fn keep_waiting(&self, id: &str, wait: Duration) {
        let until = self.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.state().waiting.entry(id.to_owned()).or_insert(until);
    }

    /// Whether any payment is shown as undecided.
    pub fn keeps_waiting(&self) -> bool {
        !self.state().waiting.is_empty()
    }

    /// Whether this payment is shown as undecided.
    pub fn is_waiting(&self, id: &str) -> bool {
        let now = self.now();
        self.state().waiting.get(id).is_some_and(|until| now < *until)
    }

    /// Whether the answers to a creation with this key show the new payment as another one. The first success decides.
    pub fn is_disguised(&self, key: &str, succeeds: bool) -> bool {
        let known = self.state().disguised.get(key).copied();
        if let Some(known) = known {
            return known;
        }
        let is_disguised = succeeds && self.chance(self.faults().impostor);
        if succeeds {
            self.state().disguised.insert(key.to_owned(), is_disguised);
        }
        is_disguised
    }

    /// Records that a payment is shown as another one.
    pub fn show_as_impostor(&self, id: &str) {
        self.state().impostors.entry(id.to_owned()).or_insert(true);
    }

    /// Records that an answer of a PSP arrives unchanged.
    pub fn show(&self, body: &[u8]) {
        let mut state = self.state();
        if state.impostors.is_empty() {
            return;
        }
        let body = String::from_utf8_lossy(body);
        for (id, only) in &mut state.impostors {
            *only &= !body.contains(id.as_str());
        }
    }

    /// Whether a payment was always shown as another one.
    pub fn is_impostor(&self, id: &str) -> bool {
        self.state().impostors.get(id) == Some(&true)
    }

    /// All payments that were ever shown as others.
    pub fn impostors(&self) -> BTreeSet<String> {
        self.state().impostors.keys().cloned().collect()
    }

    /// Records a violation. The first one counts.
    pub fn violate(&self, what: String) {
        self.note(format!("VIOLATION {what}"));
        self.state().violation.get_or_insert(what);
    }

    /// The violation.
    pub fn violation(&self) -> Option<String> {
        self.state().violation.clone()
    }
}
