//! An ephemeral service, which client teams run in their own tests.
//!
//! It is a demo in a temporary directory, which can return to its start. With a seed, its answers depend on the requests alone:
//! they are answered one after the other, the clock moves with them, and all consequences of a request (the PSPs' webhooks, the
//! background's work) are complete before the next one.

mod announcement;
mod env_file;
mod fixtures;
mod settle;
mod start;
mod strict;
mod turns;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use tillgate_model::Id;
use tillgate_payments::Service;
use tillgate_sandbox::{Sandbox, Saved, WebhookSender};

use self::env_file::EnvFile;
pub use self::{
    start::Setup,
    strict::{Answered, Strict},
    turns::{Turn, Turns},
};
use crate::{
    config,
    demo::{Demo, Environment},
    failure::Failure,
    world::Seeded,
};

/// Name of the database's copy in the temporary directory.
const COPY: &str = "start.db";

/// The parts of an ephemeral service.
pub struct Ephemeral {
    /// The time and the randomness, if they come from a seed.
    pub seeded: Option<Arc<Seeded>>,
    /// The turns of requests and other work.
    pub turns: Turns,
    /// The check of requests, if it was requested.
    pub strict: Option<Strict>,
    /// Ids of the fixtures, by name.
    pub names: BTreeMap<String, Id>,
    psps: Arc<Sandbox>,
    webhook_sender: WebhookSender,
    start: Start,
}

/// The state that a reset returns to.
struct Start {
    database: PathBuf,
    psps: Saved,
}

impl Ephemeral {
    /// Creates the fixtures, adds their ids to the environment, and stores the resulting state.
    ///
    /// # Errors
    /// A fixture that can't be created, or files that can't be used.
    pub async fn prepare(
        settings: &config::Ephemeral,
        directory: &Path,
        service: &Service,
        demo: &Demo,
        environment: &mut Environment,
        (psps, seeded): (Arc<Sandbox>, Option<Arc<Seeded>>),
    ) -> Result<Self, Failure> {
        let names = match &settings.fixtures {
            Some(file) => fixtures::create(file, service, demo, environment, seeded.as_deref()).await?,
            None => BTreeMap::new(),
        };
        let webhook_sender = WebhookSender::new()
            .map_err(|error| Failure::Start(format!("cannot set up the PSPs' webhooks: {error}")))?;
        let turns = Turns::default();
        if seeded.is_some() {
            settle::settle(service, &psps, &webhook_sender, &turns).await;
        }
        let database = directory.join(COPY);
        let cannot_keep = |error: &dyn std::fmt::Display| {
            Failure::Start(format!("cannot keep the state of the start: {error}"))
        };
        service
            .context()
            .db
            .save_copy(&database)
            .map_err(|error| cannot_keep(&error))?;
        let start = Start {
            database,
            psps: psps.save().map_err(|error| cannot_keep(&error))?,
        };
        let strict = settings
            .strict
            .then(|| Strict::new(settings.strict_report.clone()))
            .transpose()?;
        let ephemeral = Self {
            seeded,
            turns,
            strict,
            names,
            psps,
            webhook_sender,
            start,
        };
        // The first request finds the same state as every request after a reset.
        ephemeral.go_back(service)?;
        Ok(ephemeral)
    }

    /// Returns to the state of the start. Blocks for a few milliseconds; no request may be in progress.
    ///
    /// # Errors
    /// The files can no longer be used.
    pub fn go_back(&self, service: &Service) -> Result<(), Failure> {
        let cannot =
            |error: &dyn std::fmt::Display| Failure::Start(format!("cannot go back to the start: {error}"));
        let Start { database, psps } = &self.start;
        self.psps.restore(psps).map_err(|error| cannot(&error))?;
        service
            .context()
            .db
            .restore_copy(database)
            .map_err(|error| cannot(&error))?;
        if let Some(seeded) = &self.seeded {
            seeded.begin_serving();
        }
        Ok(())
    }

    /// Completes the consequences of earlier requests. With a seed, nothing else does this.
    pub async fn settle(&self, service: &Service) {
        settle::settle(service, &self.psps, &self.webhook_sender, &self.turns).await;
    }

    /// Reports the requests that did not conform.
    ///
    /// # Errors
    /// There were some, or the report can't be written.
    pub fn report(&self) -> Result<(), Failure> {
        self.strict.as_ref().map_or(Ok(()), Strict::tell)
    }
}
