//! `cargo xtask documented`: the published documentation, read into a neutral form and compared with the
//! document that the code makes.

mod diff;
mod files;
mod import;
mod model;
#[cfg(test)]
mod page_tests;

pub use diff::check;
pub use model::{Endpoint, Example, Page};

use std::process::ExitCode;

/// The published pages of this repository.
///
/// # Errors
/// A file that can't be read or doesn't have its form.
pub fn pages() -> anyhow::Result<Vec<Page>> {
    files::load(&files::directory())
}

/// Tasks of `cargo xtask documented`.
#[derive(clap::Subcommand)]
pub enum Task {
    /// Read published pages and write their neutral form.
    Import(import::Args),
    /// Compare the neutral form with the document.
    Diff(diff::Args),
}

/// Runs the task.
///
/// # Errors
/// What keeps it from coming to an answer.
pub fn run(task: &Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Import(args) => import::run(args),
        Task::Diff(args) => diff::run(args),
    }
}
