//! The definition of a suite.

use anyhow::Result;

use super::session::Session;

/// A group of tests with the same needs.
pub struct Suite {
    /// Name on the command line and in the report.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Whether it runs Rust tests that a filter can choose among.
    pub takes_filter: bool,
    /// Prepares the needs of the suite from outside the workspace.
    pub prepare: fn(&mut Session) -> Preparation,
    /// Runs it; an error is a failed suite.
    pub run: fn(&mut Session) -> Result<()>,
}

/// Whether a suite can run here.
pub enum Preparation {
    /// It can.
    Ready,
    /// It can't: the reason, and the command that changes it.
    Missing { why: String, add: String },
}

impl Preparation {
    /// Ready, or the first thing that is missing.
    pub fn and_then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Ready => next(),
            missing @ Self::Missing { .. } => missing,
        }
    }
}

/// For suites that need nothing but the Rust toolchain.
pub fn needs_nothing(_: &mut Session) -> Preparation {
    Preparation::Ready
}
