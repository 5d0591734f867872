//! Lists run beside everything else: a few at a time, and not on the threads that answer requests.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::counts::Counts;
use crate::StoreError;

/// How long a list may take that no index finds, unless the operator says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The lists of a database.
pub struct Lanes {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    counting: Arc<Semaphore>,
    /// How long a list may take that no index finds; zero if there are to be none.
    pub time_limit: Duration,
    /// How long they are.
    pub counts: Counts,
}

impl Default for Lanes {
    /// Lists have half of the processors at most, and those that no index finds one at a time.
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let permits = |number| Arc::new(Semaphore::new(number));
        Self {
            quick: permits((processors / 2).max(1)),
            slow: permits(1),
            counting: permits(1),
            time_limit: TIME_LIMIT,
            counts: Counts::default(),
        }
    }
}

impl Lanes {
    /// Those with another time limit.
    pub fn with_time_limit(time_limit: Duration) -> Self {
        Self {
            time_limit,
            ..Self::default()
        }
    }

    /// Waits for the turn of a list.
    pub async fn enter(
        &self,
        is_quick: bool,
        patience: Duration,
    ) -> Result<OwnedSemaphorePermit, StoreError> {
        if !is_quick && self.time_limit.is_zero() {
            return Err(StoreError::TooSlow);
        }
        let lane = if is_quick { &self.quick } else { &self.slow };
        match timeout(patience, Arc::clone(lane).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }

    /// The right to count a long list, if nobody counts one.
    pub fn count(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.counting).try_acquire_owned().ok()
    }
}
