//! The trace of a run, line by line, and a hash that compares two runs.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The events of a run.
#[derive(Default)]
pub struct Trace {
    lines: Vec<String>,
    hash: Sha256,
    /// The task whose turn it is.
    pub actor: String,
    keeps_lines: bool,
}

impl Trace {
    /// An empty trace; with `keeps_lines` it can be printed.
    pub fn new(keeps_lines: bool) -> Self {
        Self {
            keeps_lines,
            ..Self::default()
        }
    }

    /// Adds an event of the present actor.
    pub fn add(&mut self, now: DateTime<Utc>, event: &str) {
        let mut line = String::with_capacity(64 + event.len());
        // Writing to a String can't fail.
        let _ = write!(
            line,
            "{}  {:<12} {event}",
            now.format("%d %H:%M:%S%.3f"),
            self.actor
        );
        self.hash.update(line.as_bytes());
        if self.keeps_lines {
            self.lines.push(line);
        }
    }

    /// The lines so far.
    pub fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// A hash over all events so far.
    pub fn hash(&self) -> String {
        hex::encode(&self.hash.clone().finalize()[..8])
    }
}
