//! `tillgate-simulator`: runs seeds, and tells of the first one that fails.

mod cli;
mod pool;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run_args()
}
