//! Published API documentation, read into a neutral form and compared with an OpenAPI document.

mod diff;
mod files;
mod import;
mod model;
#[cfg(test)]
mod page_tests;

pub use diff::check;
pub use files::load;
pub use model::{Endpoint, Example, Page};

use std::process::ExitCode;

/// Import published API documentation, and compare it with an OpenAPI document.
#[derive(clap::Parser)]
#[command(name = "documented", args_override_self = true)]
pub enum Task {
    /// Read published pages and write their neutral form.
    Import(import::Args),
    /// Compare the neutral form with an OpenAPI document.
    Diff(diff::Args),
}

/// Runs the task.
///
/// # Errors
/// The task can't give an answer.
pub fn run(task: &Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Import(args) => import::run(args),
        Task::Diff(args) => diff::run(args),
    }
}
