//! The health of the database, for readiness checks.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{Db, StoreError, Tx, query};

/// Name of the setting that the health check writes.
const SETTING: &str = "readiness";
/// Time for which the result of such a write counts.
const FRESH: Duration = Duration::from_secs(1);
/// Size of the write after a failure: there must be room for more than a few bytes.
const LARGE: usize = 64 * 1024;
/// Time between two log lines about the same failure.
const SILENCE: Duration = Duration::from_secs(60);

/// The known state of the database.
#[derive(Default)]
pub struct Health {
    /// Whether a read has found damage. This never ends: other data may be damaged too.
    is_damaged: AtomicBool,
    /// Whether a request has failed since the last successful write of this check.
    has_failed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    checked: Option<(Instant, Result<(), StoreError>)>,
    told: Option<Instant>,
}

impl Health {
    /// Records a failure, and logs it from time to time.
    pub fn note(&self, error: &StoreError) {
        match error {
            StoreError::Damaged(_) => self.is_damaged.store(true, Ordering::Relaxed),
            StoreError::Unavailable(_) | StoreError::Unknown => {
                self.has_failed.store(true, Ordering::Relaxed)
            }
            _ => return,
        }
        let is_due = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.checked = None;
            let is_due = state.told.is_none_or(|told| told.elapsed() >= SILENCE);
            if is_due {
                state.told = Some(Instant::now());
            }
            is_due
        };
        if is_due {
            tracing::error!(%error, "the database can't be used");
        }
    }

    /// Whether the database answers and accepts changes.
    pub async fn check(&self, db: &Db) -> Result<(), StoreError> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(StoreError::Damaged("it was noticed earlier".into()));
        }
        let known = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.checked.clone()
        };
        if let Some((checked, outcome)) = known
            && checked.elapsed() < FRESH
        {
            return outcome;
        }
        let had_failed = self.has_failed.load(Ordering::Relaxed);
        let outcome = write(db, if had_failed { LARGE } else { 1 }).await;
        match &outcome {
            Ok(()) if had_failed => self.has_failed.store(false, Ordering::Relaxed),
            Ok(()) => {}
            Err(error) => self.note(error),
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.checked = Some((Instant::now(), outcome.clone()));
        outcome
    }
}

async fn write(db: &Db, length: usize) -> Result<(), StoreError> {
    let value = "x".repeat(length);
    db.write(async move |tx: &mut Tx<'_>| query!(tx, accounts::set_setting(SETTING, &value)))
        .await
}
