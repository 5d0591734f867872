//! What tasks tell their user.

use std::io::Write as _;

/// A line of progress, on stderr. A reader that has gone away is no reason to stop.
pub fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line of the result, on stdout.
pub fn result(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
