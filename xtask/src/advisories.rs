//! `cargo xtask advisories`: checks the dependencies against known security advisories.
//!
//! The advisories that this project had to act on are listed beside this file, and always checked: none of them can come back
//! with another dependency. All others are in the RustSec database, which `cargo deny` reads; if that tool is not installed, or
//! the database can't be fetched, the output says so.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::test::packages::find_program;
use tillgate_toolbox::say;

const LIST: &str = include_str!("advisories.toml");

#[derive(Deserialize)]
struct List {
    advisory: Vec<Advisory>,
}

/// An advisory, with the first unaffected version.
#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    fixed: String,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

/// Checks the workspace of this xtask.
pub fn run() -> Result<ExitCode> {
    check(crate::root())?;
    Ok(ExitCode::SUCCESS)
}

/// Fails if the lock file has an affected version.
pub fn check(root: &Path) -> Result<()> {
    let lock: Lock = toml::from_str(&std::fs::read_to_string(root.join("Cargo.lock"))?)?;
    let list: List = toml::from_str(LIST)?;
    let found = hits(&lock, &list)?;
    ensure!(
        found.is_empty(),
        "there are advisories about:\n{}",
        found.join("\n")
    );
    say::result("no dependency has an advisory of xtask/src/advisories.toml");
    ask_database(root)
}

fn hits(lock: &Lock, list: &List) -> Result<Vec<String>> {
    let mut hits = Vec::new();
    for Advisory { id, package, fixed } in &list.advisory {
        let fixed_version = version(fixed)?;
        for locked in lock.package.iter().filter(|locked| locked.name == *package) {
            if version(&locked.version)? < fixed_version {
                hits.push(format!("  {package} {}: {id}, fixed in {fixed}", locked.version));
            }
        }
    }
    Ok(hits)
}

/// The three numbers; a pre-release counts as the release.
fn version(text: &str) -> Result<[u64; 3]> {
    let numbers = text.split(['-', '+']).next().unwrap_or(text);
    let numbers: Vec<u64> = numbers
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{text} is no version"))?;
    <[u64; 3]>::try_from(numbers).map_err(|_| anyhow::anyhow!("{text} is no version"))
}

/// Lets `cargo deny` check the RustSec database. A missing tool or database is no failure of the code, and is always reported.
fn ask_database(root: &Path) -> Result<()> {
    if find_program("cargo-deny").is_none() {
        say::result(
            "NOT CHECKED against the RustSec database: cargo-deny is missing (cargo install --locked cargo-deny)",
        );
        return Ok(());
    }
    let fetched = Command::new("cargo")
        .current_dir(root)
        .args(["deny", "--locked", "fetch", "db"])
        .status()?;
    if !fetched.success() {
        say::result("NOT CHECKED against the RustSec database: it cannot be fetched from here");
        return Ok(());
    }
    let checked = Command::new("cargo")
        .current_dir(root)
        .args(["deny", "--locked", "check", "--disable-fetch", "advisories"])
        .status()?;
    ensure!(
        checked.success(),
        "the RustSec database has advisories about dependencies"
    );
    say::result("no dependency has an advisory of the RustSec database");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_before_the_fix_are_found_in_any_line() {
        let list: List =
            toml::from_str("advisory = [{ id = 'A-1', package = 'h2', fixed = '0.4.16' }]").expect("a list");
        let lock: Lock = toml::from_str(
            "package = [
               { name = 'h2', version = '0.3.27' }, { name = 'h2', version = '0.4.16' }, { name = 'h2', version = '0.4.2' },
               { name = 'h3', version = '0.0.1' }]",
        )
        .expect("a lock file");
        let found = hits(&lock, &list).expect("versions");
        assert_eq!(
            found,
            [
                "  h2 0.3.27: A-1, fixed in 0.4.16",
                "  h2 0.4.2: A-1, fixed in 0.4.16"
            ]
        );
    }

    #[test]
    fn the_list_can_be_read() {
        let list: List = toml::from_str(LIST).expect("a list");
        for advisory in &list.advisory {
            version(&advisory.fixed).expect("a version");
            assert!(advisory.id.starts_with("RUSTSEC-"), "{}", advisory.id);
        }
    }
}
