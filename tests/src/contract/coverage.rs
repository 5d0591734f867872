//! The answers of operations that the tests have seen.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// Adds a line `operation status` to a file of this process in the directory `TILLGATE_TEST_COVERAGE_DIR`, if set. Lines repeat;
/// readers remove the duplicates.
pub(super) fn record(operation: &str, status: u16) {
    let Some(directory) = std::env::var_os("TILLGATE_TEST_COVERAGE_DIR") else {
        return;
    };
    let path = Path::new(&directory).join(format!("{}.txt", std::process::id()));
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(format!("{operation} {status}\n").as_bytes()));
    if let Err(error) = written {
        panic!("{} can't be written: {error}", path.display());
    }
}
