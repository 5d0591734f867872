//! The command line of the comparison.

use std::path::PathBuf;
use std::process::ExitCode;

use super::difference::Severity;
use super::report::Report;
use super::{deviations, differences};
use crate::files;
use tillgate_toolbox::say;

/// Arguments of `documented diff`.
#[derive(clap::Args)]
pub struct Args {
    /// The neutral files.
    #[arg(long, value_name = "DIR", default_value = "documented")]
    dir: PathBuf,
    /// The accepted differences; none without a file.
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Directory of the tests that deviations name as `file::test` in `shown_by`. By default, they are not checked.
    #[arg(long, value_name = "DIR")]
    tests: Option<PathBuf>,
    /// The OpenAPI document in JSON.
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The least severity that the table shows; JSON has all.
    #[arg(long, value_enum, default_value_t = Severity::Info)]
    severity: Severity,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Format {
    Table,
    Json,
}

/// Compares and prints. The exit code is 1 when there is an error that no deviation accepts, or a deviation that
/// accepts nothing.
///
/// # Errors
/// Files that can't be read or don't have their form.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let document = openapi_document::read(&args.document)?;
    let pages = files::load(&args.dir)?;
    let accepted = match &args.deviations {
        Some(file) => deviations::load(file, args.tests.as_deref())?,
        None => Vec::new(),
    };
    let report = Report::new(differences(&document, &pages, &accepted)?, &accepted);
    match args.format {
        Format::Table => say::result(&report.table(args.severity)),
        Format::Json => say::result(&serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.fails() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
