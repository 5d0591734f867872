//! Faults around each transaction: other tasks run, the process ends, the database fails.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tillgate_store::{Access, Probe, StoreError};

use crate::world::World;

/// Adds the faults to each transaction.
pub struct Unreliable(pub Arc<World>);

impl Unreliable {
    fn failure(&self, probability: f64, when: &str) -> Result<(), StoreError> {
        if !self.0.chance(probability) {
            return Ok(());
        }
        self.0.note(format!("the database fails {when}"));
        Err(if self.0.chance(0.5) {
            StoreError::Busy
        } else {
            StoreError::Unavailable("simulated".into())
        })
    }
}

impl Probe for Unreliable {
    fn before(&self, access: Access) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            if self.0.is_quiet() {
                return Ok(());
            }
            self.0.give_way().await;
            if access == Access::Write {
                self.0.may_crash("before a transaction").await;
            }
            self.failure(self.0.faults().database_error, "before a transaction")
        }
        .boxed()
    }

    fn before_commit(&self) -> Result<(), StoreError> {
        self.failure(self.0.faults().database_error, "at the commit")
    }

    fn after_commit(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async move {
            self.0.may_crash("after a commit").await;
            self.0.give_way().await;
            let unknown = self.failure(self.0.faults().commit_unknown, "after the commit");
            if unknown.is_err() {
                self.0.sleep(Duration::from_millis(50)).await;
            }
            unknown
        }
        .boxed()
    }
}
