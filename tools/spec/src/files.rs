//! The generated files in api-spec/.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use tillgate_model::openapi::v30;

use super::{json_diff, operations, schemas};

/// Directory of the generated schemas, below [`api_spec`].
const SCHEMAS: &str = "schemas";

/// Relative path → text of every generated file.
pub type Files = BTreeMap<PathBuf, String>;

/// The directory api-spec/ of the workspace.
pub fn api_spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../api-spec")
}

/// Makes the files from the document.
///
/// # Errors
/// A document that one of the forms can't express.
pub fn generate(document: &Value) -> anyhow::Result<Files> {
    let mut files = Files::new();
    files.insert("openapi.json".into(), json_text(document)?);
    let older = v30::downlevel(document).context("openapi-3.0.json")?;
    files.insert("openapi-3.0.json".into(), json_text(&older)?);
    files.insert(
        "operations.txt".into(),
        operations::render(document).context("operations.txt")?,
    );
    for (name, schema) in schemas::render(document).context(SCHEMAS)? {
        files.insert(Path::new(SCHEMAS).join(name), json_text(&schema)?);
    }
    Ok(files)
}

fn json_text(value: &Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Updates `root`: writes the files that differ and removes obsolete generated ones. Returns the changed paths.
///
/// # Errors
/// The file system's.
pub fn write(files: &Files, root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for (path, text) in files {
        let target = root.join(path);
        if fs::read(&target).is_ok_and(|present| present == text.as_bytes()) {
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&target, text).with_context(|| target.display().to_string())?;
        changed.push(path.clone());
    }
    for path in extra(files, root)? {
        fs::remove_file(root.join(&path)).with_context(|| path.display().to_string())?;
        changed.push(path);
    }
    Ok(changed)
}

/// One line for each difference between `files` and the files in `root`, which stay unchanged.
///
/// # Errors
/// The file system's.
pub fn stale(files: &Files, root: &Path) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for (path, text) in files {
        let name = path.display();
        match fs::read_to_string(root.join(path)) {
            Ok(present) if present == *text => {}
            Ok(present) => lines.extend(
                differences(&present, text)
                    .iter()
                    .map(|line| format!("{name}: {line}")),
            ),
            Err(error) => lines.push(format!("{name}: {error}")),
        }
    }
    lines.extend(
        extra(files, root)?
            .iter()
            .map(|path| format!("{}: no longer generated", path.display())),
    );
    Ok(lines)
}

/// Files in schemas/ that are not among `files`.
fn extra(files: &Files, root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let directory = root.join(SCHEMAS);
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = Path::new(SCHEMAS).join(entry?.file_name());
        if !files.contains_key(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The changes from `present` to `wanted`: by pointer if both are JSON, else by line.
fn differences(present: &str, wanted: &str) -> Vec<String> {
    let (Ok(old), Ok(new)) = (
        serde_json::from_str::<Value>(present),
        serde_json::from_str::<Value>(wanted),
    ) else {
        return line_differences(present, wanted);
    };
    let changes: Vec<_> = json_diff::diff(&old, &new)
        .iter()
        .map(ToString::to_string)
        .collect();
    if changes.is_empty() {
        vec!["same content, in another order or layout".to_owned()]
    } else {
        changes
    }
}

fn line_differences(present: &str, wanted: &str) -> Vec<String> {
    let gone = present
        .lines()
        .filter(|line| !wanted.lines().any(|other| other == *line));
    let new = wanted
        .lines()
        .filter(|line| !present.lines().any(|other| other == *line));
    let lines: Vec<_> = gone
        .map(|line| format!("removed {line}"))
        .chain(new.map(|line| format!("added {line}")))
        .collect();
    if lines.is_empty() {
        vec!["same lines, in another order or layout".to_owned()]
    } else {
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        entries
            .iter()
            .map(|(path, text)| (path.into(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn writes_what_differs_and_removes_what_is_stale() {
        let root = tempfile::tempdir().unwrap();
        let first = files(&[("openapi.json", "{}"), ("schemas/a.schema.json", "{}")]);
        assert_eq!(write(&first, root.path()).unwrap().len(), 2);
        assert!(write(&first, root.path()).unwrap().is_empty());
        let second = files(&[("openapi.json", "{}"), ("schemas/b.schema.json", "{}")]);
        let changed = write(&second, root.path()).unwrap();
        assert_eq!(
            changed,
            [
                Path::new("schemas/b.schema.json"),
                Path::new("schemas/a.schema.json")
            ]
        );
        assert!(!root.path().join("schemas/a.schema.json").exists());
        assert!(stale(&second, root.path()).unwrap().is_empty());
    }

    #[test]
    fn names_each_difference_and_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let old = files(&[
            ("a.json", "{\"x\": 1}"),
            ("b.txt", "one\ntwo\n"),
            ("schemas/old.json", "{}"),
        ]);
        write(&old, root.path()).unwrap();
        let new = files(&[
            ("a.json", "{\"x\": 2}"),
            ("b.txt", "one\nthree\n"),
            ("c.json", "{}"),
        ]);
        let lines = stale(&new, root.path()).unwrap();
        assert_eq!(lines[0], "a.json: changed /x: 1 is now 2");
        assert_eq!(lines[1..3], ["b.txt: removed two", "b.txt: added three"]);
        assert!(lines[3].starts_with("c.json: "), "{}", lines[3]);
        assert_eq!(lines[4..], ["schemas/old.json: no longer generated"]);
        assert!(stale(&old, root.path()).unwrap().is_empty());
    }

    #[test]
    fn another_layout_is_a_difference() {
        let root = tempfile::tempdir().unwrap();
        write(&files(&[("a.json", "{\"x\":1,\"y\":2}")]), root.path()).unwrap();
        let lines = stale(&files(&[("a.json", "{\"y\":2,\"x\":1}")]), root.path()).unwrap();
        assert_eq!(lines, ["a.json: same content, in another order or layout"]);
    }
}
