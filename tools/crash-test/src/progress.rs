//! The progress of the kills, on standard error: a bar on a terminal, else a line now and then.

use std::io::{IsTerminal as _, stderr};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use tillgate_toolbox::say;

/// Lines without a terminal.
const LINES: usize = 10;

/// The kills on one database.
pub struct Progress {
    database: &'static str,
    kills: usize,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins the display.
    pub fn new(database: &'static str, kills: usize) -> Result<Self> {
        let mut progress = Self {
            database,
            kills,
            bar: None,
        };
        if stderr().is_terminal() {
            let style =
                ProgressStyle::with_template("{prefix} [{elapsed_precise}] {bar:40} {pos}/{len} {msg}")?;
            let bar = ProgressBar::new(u64::try_from(kills)?).with_style(style);
            progress.bar = Some(bar.with_prefix(database));
        }
        Ok(progress)
    }

    /// Shows the number of kills so far.
    pub fn kills(&self, done: usize, while_pending: usize) {
        let message = format!("{while_pending} of them while a call was open");
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
                bar.set_message(message);
            }
            None if done.is_multiple_of(self.kills.div_ceil(LINES)) => {
                say::progress(&format!(
                    "{}: {done} of {} kills, {message}",
                    self.database, self.kills
                ));
            }
            None => {}
        }
    }

    /// Shows a later step.
    pub fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => say::progress(&format!("{}: {what}", self.database)),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
