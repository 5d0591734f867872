//! The jobs that wait for the writer thread.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::writer::Job;
use crate::StoreError;

/// Maximum number of waiting jobs. Beyond it the service is too busy.
const CAPACITY: usize = 1024;

/// Jobs, in the order of their arrival.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
    /// Whether a committed group is being synced.
    is_syncing: bool,
}

impl Queue {
    /// Adds a job.
    pub fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(StoreError::Unavailable("the writer thread has ended".into()));
        }
        if state.jobs.len() >= CAPACITY {
            return Err(StoreError::Busy);
        }
        state.jobs.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// The first job of a group, and whether it is the only one that could be in it. `None` after the queue was closed.
    pub fn first(&self) -> Option<(Job, bool)> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                let is_alone = state.jobs.is_empty() && !state.is_syncing;
                return Some((job, is_alone));
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One more job for a group, if it is not `full`. `None` if the group should be committed: no job waits, and no earlier group
    /// is still being synced.
    pub fn another(&self, full: bool) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if !full && let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if !state.is_syncing {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Records that a group is being synced.
    pub fn begin_sync(&self) {
        self.lock().is_syncing = true;
    }

    /// Records that the group is on the disk.
    pub fn end_sync(&self) {
        self.lock().is_syncing = false;
        self.changed.notify_one();
    }

    /// Takes no more jobs; waiting jobs still run.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    /// Takes no more jobs, and drops the waiting ones.
    pub fn abandon(&self) {
        let jobs = {
            let mut state = self.lock();
            state.is_closed = true;
            std::mem::take(&mut state.jobs)
        };
        self.changed.notify_one();
        drop(jobs);
    }

    /// No code that could panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
