//! The present step of the benchmark, on standard error: one changing line on a terminal, else a line for each.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::say;

/// Shows the steps, and ends the benchmark when it is interrupted.
pub struct Progress {
    bar: Option<ProgressBar>,
    interrupt: Interrupt,
}

impl Progress {
    /// Begins the display.
    pub fn new(interrupt: Interrupt) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} [{elapsed_precise}] {msg}");
            let bar = ProgressBar::new_spinner();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { bar, interrupt }
    }

    /// The next step.
    ///
    /// # Errors
    /// Ctrl-C has been pressed.
    pub fn step(&self, what: String) -> Result<()> {
        ensure!(!self.interrupt.is_set(), "interrupted");
        match &self.bar {
            Some(bar) => bar.set_message(what),
            None => say::progress(&what),
        }
        Ok(())
    }

    /// Removes the line.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
