//! What tasks tell their user.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;

/// A line of progress, on stderr. A reader that has gone away is no reason to stop.
pub fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line of the result, on stdout.
pub fn result(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The end of a program. An error is one line on stderr, for a reader who has given a wrong file, not for a developer.
pub fn end(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        progress(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
