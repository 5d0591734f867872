//! `cargo xtask licenses`: checks the licences like `cargo deny`, without that tool.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

use tillgate_toolbox::cargo::cargo;
use tillgate_toolbox::say;

/// Checks the workspace.
pub fn run() -> Result<ExitCode> {
    check(crate::root())?;
    say::result("every dependency's licence is allowed");
    Ok(ExitCode::SUCCESS)
}

/// Fails, naming each, if a dependency has a licence that deny.toml doesn't allow, or is one of its banned crates.
pub fn check(root: &Path) -> Result<()> {
    let rules: toml::Table = toml::from_str(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let rules: Value = serde_json::to_value(rules)?;
    let allowed = licences(&texts(&rules["licenses"]["allow"]))?;
    let banned: BTreeSet<_> = array(&rules["bans"]["deny"])
        .filter_map(|entry| entry["crate"].as_str())
        .collect();
    let output = cargo()
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

fn licences(names: &BTreeSet<&str>) -> Result<Vec<Licensee>> {
    let parse = |name: &&str| Licensee::parse(name).with_context(|| format!("deny.toml allows {name}"));
    names.iter().map(parse).collect()
}

fn problem(package: &Value, allowed: &[Licensee], banned: &BTreeSet<&str>) -> Option<String> {
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

/// Whether the allowed licences satisfy an SPDX expression. Old crates write `/` for `OR`.
fn is_allowed(expression: &str, allowed: &[Licensee]) -> bool {
    let parsed = Expression::parse_mode(expression, ParseMode::LAX);
    parsed.is_ok_and(|expression| {
        expression.evaluate(|required| allowed.iter().any(|licence| licence.satisfies(required)))
    })
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
        let allowed = licences(&allowed).expect("SPDX licences");
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
