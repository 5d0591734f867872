//! Routes a request to its vendor, with faults and persistence around it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode};

use crate::checkout_com::CheckoutCom;
use crate::config::SandboxConfig;
use crate::env::{Clock, Env, SystemClock};
use crate::faults::{Fault, FaultKind, Occasion, error_answer};
use crate::ledger::{LedgerEntry, Vendor};
use crate::stripe::Stripe;
use crate::webhooks::{Queue, WebhookAnswer, WebhookDelivery};
use crate::{admin, web};

/// The outcome of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The answer.
    Answer(Response<Bytes>),
    /// The connection is closed without an answer.
    Dropped,
    /// The answer, to be sent after this time. Its effect has happened already.
    Delayed(Duration, Response<Bytes>),
}

impl Outcome {
    /// The answer, if one is sent.
    #[must_use]
    pub fn into_answer(self) -> Option<Response<Bytes>> {
        match self {
            Self::Answer(response) | Self::Delayed(_, response) => Some(response),
            Self::Dropped => None,
        }
    }
}

/// Both vendors, as one object that answers requests in process.
pub struct Sandbox {
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) env: Env,
    pub(crate) stripe: Stripe,
    pub(crate) checkout_com: CheckoutCom,
    pub(crate) webhooks: Queue,
}

impl Sandbox {
    /// A sandbox on the system's clock.
    ///
    /// # Errors
    /// When the journal in the data directory can't be opened or read.
    pub fn open(config: SandboxConfig) -> io::Result<Self> {
        Self::with_clock(config, Arc::new(SystemClock))
    }

    /// A sandbox on a given clock.
    ///
    /// # Errors
    /// When the journal in the data directory can't be opened or read.
    pub fn with_clock(config: SandboxConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        Ok(Self {
            state: Mutex::new(State::open(config, clock)?),
        })
    }

    /// Answers one request. Synchronous; all changes are journaled when it returns.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Outcome {
        self.handle_and_look(request).0
    }

    /// Answers one request, and returns whether a waiting deliverer must check again: work is due now, or at another time than
    /// before.
    pub(crate) fn handle_and_look(&self, request: &Request<Bytes>) -> (Outcome, bool) {
        let mut state = self.lock();
        let due = state.next_due();
        state.catch_up();
        let outcome = state.route(request);
        // Work that is due now is done before the answer leaves.
        state.catch_up();
        let next = state.next_due();
        let changed = next != due || next.is_some_and(|due| due <= state.env.now());
        let answer = match state.env.journal().commit() {
            Ok(()) => outcome,
            Err(error) => {
                tracing::error!(%error, "the sandbox can't write its journal");
                Outcome::Answer(web::empty(StatusCode::SERVICE_UNAVAILABLE))
            }
        };
        (answer, changed)
    }

    /// Takes up to `limit` webhooks that are due by the sandbox's clock, the oldest first. Each is given out once, until
    /// [`Sandbox::webhook_answered`] reports its result. One without a result is sent again by the next process on the same
    /// journal.
    #[must_use]
    pub fn due_webhooks(&self, limit: usize) -> Vec<WebhookDelivery> {
        let mut state = self.lock();
        state.catch_up();
        let deliveries = (0..limit).map_while(|_| state.take_webhook()).collect();
        state.commit();
        deliveries
    }

    /// Reports the result of a delivery. After anything but a 2xx the vendor repeats it by its own schedule, or gives up. An
    /// unknown id is ignored.
    pub fn webhook_answered(&self, id: &str, answer: WebhookAnswer) {
        let mut state = self.lock();
        let State {
            env,
            stripe,
            webhooks,
            ..
        } = &mut *state;
        if let Some((Vendor::Stripe, event)) = webhooks.answered(env, id, answer) {
            stripe.acknowledged(env, &event);
        }
        state.commit();
    }

    /// The time, by the sandbox's clock, of the next change without a request, or of the next webhook. A time in the past means
    /// now.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.lock().next_due()
    }

    /// The sandbox's clock: its environment's, plus the admin route's advances.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().env.now()
    }

    /// Every money effect of both vendors until now, oldest first.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        let mut state = self.lock();
        state.catch_up();
        state.commit();
        state.ledger()
    }

    /// Adds a fault, like `POST /sandbox/faults`.
    ///
    /// # Errors
    /// The mistake in the fault.
    pub fn add_fault(&self, fault: Fault) -> Result<(), &'static str> {
        self.lock().env.faults().add(fault)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.lock().env.faults().clear();
    }

    /// Sets the delay of Checkout.com's actions that are accepted from now on, like `POST /sandbox/settings`.
    pub fn set_action_delay(&self, delay: Duration) {
        let mut state = self.lock();
        state.env.set_action_delay(delay);
        state.commit();
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn open(config: SandboxConfig, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut env = Env::open(config, clock)?;
        let stripe = Stripe::load(&mut env)?;
        let checkout_com = CheckoutCom::load(&mut env)?;
        let webhooks = Queue::load(&mut env)?;
        env.journal().commit()?;
        Ok(Self {
            env,
            stripe,
            checkout_com,
            webhooks,
        })
    }

    /// Makes all due changes, and queues their webhooks.
    pub(crate) fn catch_up(&mut self) {
        self.stripe.catch_up(&mut self.env);
        self.checkout_com.catch_up(&mut self.env);
        self.webhooks.accept_posted(&mut self.env);
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        [
            self.stripe.next_due(),
            self.checkout_com.next_due(),
            self.webhooks.next_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn take_webhook(&mut self) -> Option<WebhookDelivery> {
        let Self {
            env,
            stripe,
            checkout_com,
            webhooks,
        } = self;
        webhooks.take_due(env, |vendor, endpoint| match vendor {
            Vendor::Stripe => stripe.webhook_target(endpoint),
            Vendor::CheckoutCom => checkout_com.webhook_target(endpoint),
        })
    }

    /// After an error the changes stay pending and are written with the next ones.
    fn commit(&mut self) {
        if let Err(error) = self.env.journal().commit() {
            tracing::error!(%error, "the sandbox can't write its journal");
        }
    }

    fn route(&mut self, request: &Request<Bytes>) -> Outcome {
        let path = request.uri().path();
        let first = path.split('/').nth(1).unwrap_or_default();
        let vendor = match first {
            "v1" => Vendor::Stripe,
            "tokens" | "payments" | "instruments" | "customers" | "workflows" => Vendor::CheckoutCom,
            "sandbox" if path.starts_with("/sandbox/stripe/") => {
                return Outcome::Answer(self.stripe.page(&mut self.env, request));
            }
            "sandbox" if path.starts_with("/sandbox/checkout_com/") => {
                return Outcome::Answer(self.checkout_com.page(&mut self.env, request));
            }
            "sandbox" => return Outcome::Answer(admin::answer(self, request)),
            "" => return Outcome::Answer(web::redirect("/sandbox")),
            _ => return Outcome::Answer(web::empty(StatusCode::NOT_FOUND)),
        };
        let Some(fault) = self.env.strike(&Occasion::Request(vendor, request)) else {
            return Outcome::Answer(self.vendor_answer(vendor, request));
        };
        match fault.fault {
            FaultKind::DropBefore => Outcome::Dropped,
            FaultKind::Error => Outcome::Answer(error_answer(&mut self.env, vendor, &fault)),
            FaultKind::DropAfter => {
                self.vendor_answer(vendor, request);
                Outcome::Dropped
            }
            FaultKind::Delay => Outcome::Delayed(fault.delay(), self.vendor_answer(vendor, request)),
            // Faults of other occasions are not applied here.
            FaultKind::WebhookDuplicate
            | FaultKind::WebhookReorder
            | FaultKind::WebhookDelay
            | FaultKind::WebhookForge
            | FaultKind::WebhookLose
            | FaultKind::RefundFails
            | FaultKind::CaptureDeclined => Outcome::Answer(self.vendor_answer(vendor, request)),
        }
    }

    fn vendor_answer(&mut self, vendor: Vendor, request: &Request<Bytes>) -> Response<Bytes> {
        match vendor {
            Vendor::Stripe => self.stripe.handle(&mut self.env, request),
            Vendor::CheckoutCom => self.checkout_com.handle(&mut self.env, request),
        }
    }

    pub(crate) fn ledger(&self) -> Vec<LedgerEntry> {
        let mut entries = self.stripe.ledger();
        entries.extend(self.checkout_com.ledger(self.env.now()));
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}
