//! The command line of the comparison.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;

use super::difference::Severity;
use super::report::Report;
use super::{deviations, differences};
use crate::documented::files;
use crate::{say, spec};

/// Arguments of `cargo xtask documented diff`.
#[derive(clap::Args)]
pub struct Args {
    /// The neutral files [default: api-spec/documented].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The accepted differences [default: api-spec/deviations.yaml].
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Compare with this OpenAPI document in JSON, not with the one that the code makes.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
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
    let document = match &args.document {
        Some(file) => read_document(file).with_context(|| file.display().to_string())?,
        None => spec::document::document(),
    };
    let pages = files::load(&args.dir.clone().unwrap_or_else(files::directory))?;
    let accepted = deviations::load(&args.deviations.clone().unwrap_or_else(files::deviations))?;
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

fn read_document(file: &PathBuf) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}
