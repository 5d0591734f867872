//! The command line of the importer: see the README.

use std::process::ExitCode;

use clap::Parser as _;
use tillgate_toolbox::say;

fn main() -> ExitCode {
    say::end(documented::run(&documented::Task::parse()))
}
