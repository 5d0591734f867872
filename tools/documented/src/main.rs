//! The command line of the importer: see the README.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    documented::run(&documented::Task::parse())
}
