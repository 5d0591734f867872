//! `cargo xtask licenses`: the licences that `cargo deny` would check, without that tool.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::say;

/// Checks the workspace of this xtask.
pub fn run() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    check(root)?;
    say::result("every dependency's licence is allowed");
    Ok(ExitCode::SUCCESS)
}

/// Fails, naming each, when a dependency has a licence that deny.toml doesn't allow, or is one of its banned crates.
pub fn check(root: &Path) -> Result<()> {
    let rules: toml::Table = toml::from_str(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let rules: Value = serde_json::to_value(rules)?;
    let allowed = texts(&rules["licenses"]["allow"]);
    let banned: BTreeSet<_> = array(&rules["bans"]["deny"])
        .filter_map(|entry| entry["crate"].as_str())
        .collect();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["metadata", "--format-version", "1"])
        .output()?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let problems: Vec<String> = array(&metadata["packages"])
        .filter_map(|package| problem(package, &allowed, &banned))
        .collect();
    ensure!(
        problems.is_empty(),
        "deny.toml is broken by:\n{}",
        problems.join("\n")
    );
    Ok(())
}

fn problem(package: &Value, allowed: &BTreeSet<&str>, banned: &BTreeSet<&str>) -> Option<String> {
    let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
    if banned.contains(name) {
        return Some(format!("  {name} {version} is banned"));
    }
    match package["license"].as_str() {
        None => Some(format!("  {name} {version} states no licence expression")),
        Some(expression) if is_allowed(expression, allowed) => None,
        Some(expression) => Some(format!("  {name} {version} is under {expression}")),
    }
}

/// Whether an SPDX expression can be met with the allowed licences. `OR` binds weaker than `AND`, `WITH` belongs to
/// its licence, and `/` is how old crates write `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    either(&mut tokens, allowed) && tokens.next().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(tokens: &mut Tokens<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = both(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        met |= both(tokens, allowed);
    }
    met
}

fn both(tokens: &mut Tokens<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        met &= one(tokens, allowed);
    }
    met
}

fn one(tokens: &mut Tokens<'_>, allowed: &BTreeSet<&str>) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        return either(tokens, allowed) & (tokens.next() == Some(")"));
    }
    let Some(license) = tokens.next() else {
        return false;
    };
    if tokens.next_if_eq(&"WITH").is_some() {
        let Some(exception) = tokens.next() else {
            return false;
        };
        return allowed.contains(format!("{license} WITH {exception}").as_str());
    }
    allowed.contains(license)
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> BTreeSet<&str> {
    array(value).filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_by_the_allowed_licences() {
        let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
        let cases = [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("Apache-2.0/MIT", true),
            ("(MIT OR Apache-2.0) AND ISC", true),
            ("(GPL-2.0 OR Apache-2.0) AND ISC", false),
            ("MIT OR GPL-2.0 AND GPL-3.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("MIT WITH LLVM-exception", false),
            ("(MIT", false),
            ("", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        }
    }
}
