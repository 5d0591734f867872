//! Routing a request to the vendor that it is for, with faults and persistence around it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::checkout_com::CheckoutCom;
use crate::config::SandboxConfig;
use crate::env::{Clock, Env, SystemClock};
use crate::faults::{FaultKind, Faults, error_answer};
use crate::ledger::{LedgerEntry, Vendor};
use crate::stripe::Stripe;
use crate::{admin, web};

/// What becomes of a request.
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
    /// The answer, if one is ever sent.
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
    pub(crate) faults: Faults,
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
        let mut env = Env::open(config, clock)?;
        let stripe = Stripe::load(&mut env)?;
        let checkout_com = CheckoutCom::load(&mut env)?;
        env.journal().commit()?;
        Ok(Self {
            state: Mutex::new(State {
                env,
                stripe,
                checkout_com,
                faults: Faults::default(),
            }),
        })
    }

    /// Answers one request. Synchronous; all changes are journaled when it returns.
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> Outcome {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = state.route(request);
        if let Err(error) = state.env.journal().commit() {
            tracing::error!(%error, "the sandbox can't write its journal");
            return Outcome::Answer(web::empty(StatusCode::SERVICE_UNAVAILABLE));
        }
        outcome
    }

    /// Every money effect of both vendors, oldest first.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ledger()
    }
}

impl State {
    fn route(&mut self, request: &Request<Bytes>) -> Outcome {
        let path = request.uri().path();
        let first = path.split('/').nth(1).unwrap_or_default();
        let vendor = match first {
            "v1" => Vendor::Stripe,
            "tokens" | "payments" | "instruments" | "customers" => Vendor::CheckoutCom,
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
        let Some(fault) = self.faults.take(vendor, request) else {
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
        entries.extend(self.checkout_com.ledger());
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}
