//! The command line of the comparison: see the README.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use openapi_diff::Place;
use tillgate_toolbox::say;

/// Compare an OpenAPI document with an earlier one, and find the changes that break clients.
///
/// The exit code is 1 when a change breaks clients and neither the version of the API nor a decision announces it.
#[derive(Parser)]
#[command(name = "openapi-diff")]
struct Args {
    /// The earlier document: a JSON file, a git revision of NEW, or `merge-base` (where HEAD left the main branch).
    old: String,
    /// The document in JSON.
    new: PathBuf,
    /// Breaking changes that were decided on, in YAML.
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Print all changes as Markdown, and succeed.
    #[arg(long)]
    changelog: bool,
}

fn main() -> ExitCode {
    say::end(run(Args::parse()))
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let document = openapi_document::read(&args.new)?;
    let place = Place {
        document: args.new,
        decisions: args.decisions,
    };
    let mut out = io::stdout().lock();
    if args.changelog {
        write!(out, "{}", openapi_diff::changelog(&document, &args.old, &place)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = openapi_diff::check(&document, &args.old, &place)?;
    for problem in &outcome.problems {
        writeln!(out, "{problem}")?;
    }
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    Ok(if outcome.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
