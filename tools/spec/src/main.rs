//! `cargo xtask spec`: the files in api-spec/ that are made from the types, and the checks on them.

mod files;
mod json_diff;
mod live;
mod operations;
#[cfg(test)]
mod quality;
mod schema_keywords;
mod schemas;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use openapi_diff::Place;
use serde_json::Value;
use tillgate_server::openapi::document;

/// Write the files in api-spec/ that are made from the types, or check them.
///
/// The exit code is 1 when a check finds a difference.
#[derive(Parser)]
#[command(name = "cargo xtask spec")]
struct Args {
    /// Change nothing; fail, naming each difference, when a file is stale, when the running service answers
    /// otherwise than the document says, or when a documented endpoint isn't covered.
    #[arg(long)]
    check: bool,

    /// Also compare with an earlier document: a JSON file, a revision of the repository, or `merge-base` (where
    /// HEAD left the main branch; nothing is compared when the clone has no such commit). A change that breaks
    /// clients fails the check unless the version or api-spec/decisions.yaml allows it.
    #[arg(long, value_name = "REV|FILE")]
    against: Option<String>,

    /// Print what changed since the document of `--against`, as Markdown.
    #[arg(long, requires = "against", conflicts_with = "check")]
    changelog: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let document = document();
    let root = files::api_spec();
    let mut out = io::stdout().lock();
    if let (true, Some(against)) = (args.changelog, &args.against) {
        let changelog = openapi_diff::changelog(&document, against, &place(&root))?;
        write!(out, "{changelog}")?;
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::ensure!(
        args.check || args.against.is_none(),
        "--against needs --check or --changelog"
    );
    let generated = files::generate(&document)?;
    if !args.check {
        for path in files::write(&generated, &root)? {
            writeln!(out, "{}", path.display())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let stale = files::stale(&generated, &root)?;
    report(&mut out, "generated files", &stale)?;
    let uncovered = uncovered(&document, &root)?;
    report(&mut out, "documented endpoints", &uncovered)?;
    let mut broken = Vec::new();
    if let Some(against) = &args.against {
        let outcome = openapi_diff::check(&document, against, &place(&root))?;
        report(&mut out, "earlier document", &outcome.problems)?;
        for note in &outcome.notes {
            writeln!(out, "  {note}")?;
        }
        broken = outcome.problems;
    }
    let live = live::check_started(&document)?;
    report(&mut out, "live service", &live)?;
    let clean = stale.is_empty() && uncovered.is_empty() && broken.is_empty() && live.is_empty();
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The document and the decisions of this repository.
fn place(api_spec: &Path) -> Place {
    Place {
        document: api_spec.join("openapi.json"),
        decisions: Some(api_spec.join("decisions.yaml")),
    }
}

/// The documented parts of the published pages that the document lacks.
fn uncovered(document: &Value, api_spec: &Path) -> anyhow::Result<Vec<String>> {
    documented::check(
        document,
        &api_spec.join("documented"),
        &api_spec.join("deviations.yaml"),
        &api_spec.join("../tests/tests"),
    )
}

/// The first lines of a section, and their number.
fn report(out: &mut impl Write, name: &str, lines: &[String]) -> io::Result<()> {
    const SHOWN: usize = 50;
    match lines.len() {
        0 => return writeln!(out, "{name}: no difference"),
        total => writeln!(out, "{name}: {total} difference(s)")?,
    }
    for line in lines.iter().take(SHOWN) {
        writeln!(out, "  {line}")?;
    }
    if lines.len() > SHOWN {
        writeln!(out, "  … and {} more", lines.len() - SHOWN)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_those_of_the_types() {
        let generated = files::generate(&document()).unwrap();
        assert_eq!(files::stale(&generated, &files::api_spec()).unwrap(), [""; 0]);
    }

    #[test]
    fn the_documented_endpoints_are_covered() {
        assert_eq!(uncovered(&document(), &files::api_spec()).unwrap(), [""; 0]);
    }

    #[test]
    fn a_long_report_is_cut_and_says_so() {
        let lines: Vec<_> = (0..60).map(|n| format!("line {n}")).collect();
        let mut out = Vec::new();
        report(&mut out, "files", &lines).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 52);
        assert!(text.starts_with("files: 60 difference(s)\n  line 0\n"));
        assert!(text.ends_with("  line 49\n  … and 10 more\n"));
    }
}
