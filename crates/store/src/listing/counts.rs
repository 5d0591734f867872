//! How many items long lists have.
//!
//! A list is counted exactly up to 10 000. What a longer one has is remembered for a while, and is an estimate from then on.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Lists are counted exactly up to this.
pub const EXACT_TO: i64 = 10_000;

/// How old an estimate becomes before the list is counted again.
const FRESH: Duration = Duration::from_secs(60);

/// Lists that are remembered.
const MOST: usize = 1000;

/// How many items a list has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Total {
    /// The number.
    pub count: i64,
    /// There may be more or less.
    pub is_estimate: bool,
}

impl Total {
    /// It was counted.
    pub fn exact(count: i64) -> Self {
        Self {
            count,
            is_estimate: false,
        }
    }

    /// It was not.
    pub fn about(count: i64) -> Self {
        Self {
            count,
            is_estimate: true,
        }
    }
}

/// What is remembered of long lists.
#[derive(Default)]
pub struct Counts(Mutex<HashMap<String, Known>>);

#[derive(Clone, Copy)]
struct Known {
    count: i64,
    at: Instant,
}

/// What is known of a list.
pub enum Knowledge {
    /// Nothing: count it.
    Nothing,
    /// An estimate.
    Fresh(i64),
    /// An estimate that another one has to follow; whoever is told makes it.
    Stale(i64),
}

impl Counts {
    /// What is known of a list.
    pub fn known(&self, key: &str) -> Knowledge {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = all.get_mut(key) else {
            return Knowledge::Nothing;
        };
        // One that is not much longer than what is counted may have become shorter.
        if known.count < 2 * EXACT_TO {
            return Knowledge::Nothing;
        }
        if known.at.elapsed() < FRESH {
            return Knowledge::Fresh(known.count);
        }
        known.at = Instant::now();
        Knowledge::Stale(known.count)
    }

    /// Remembers how many items a list has.
    pub fn remember(&self, key: String, count: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(
            key,
            Known {
                count,
                at: Instant::now(),
            },
        );
    }
}
