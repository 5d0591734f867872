//! `tillgate-simulator`: runs seeds, and reports the first one that fails.

mod cli;
mod pool;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run_args()
}
