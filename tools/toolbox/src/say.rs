//! Messages of tasks to their user.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;

/// A line of progress, on stderr. Continues even if nobody reads it.
pub fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line of the result, on stdout.
pub fn result(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The end of a program. An error is one line on stderr, for a user who has given a wrong file, not for a developer.
pub fn end(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        progress(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
