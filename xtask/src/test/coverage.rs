//! Which of the document's answers the end-to-end tests have seen.
//!
//! They record operation and status of each answer. What the document declares and no test has seen must be listed, and what
//! is listed must not have been seen, so that the list only gets shorter.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::spec::document::{document, members, operations};

/// Faults of the service, and limits that tests would have to run into: neither is asked for.
const LEFT_OUT: [u16; 2] = [429, 500];

/// An operation and a status.
type Answers = BTreeSet<(String, u16)>;

/// tests/coverage.yaml
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Statuses that no test has seen, by operation; `*` stands for all operations that declare the status.
    gaps: BTreeMap<String, Vec<u16>>,
    /// The same for those that depend on the machine's speed, and are seen in some runs only.
    sometimes: BTreeMap<String, Vec<u16>>,
}

/// How much was seen.
///
/// # Errors
/// A gap that isn't listed, or a listed one that is none.
pub fn report(records: &Path, listed: &Path) -> Result<String> {
    let text = fs::read_to_string(listed).with_context(|| listed.display().to_string())?;
    let listed: Listed = serde_yaml_ng::from_str(&text).with_context(|| listed.display().to_string())?;
    let (declared, seen) = (declared(&document()), recorded(records)?);
    let problems = problems(&declared, &seen, &listed);
    ensure!(
        problems.is_empty(),
        "the end-to-end tests see other answers than tests/coverage.yaml says:\n  {}",
        problems.join("\n  ")
    );
    let count = declared.intersection(&seen).count();
    let percent = 100 * count / declared.len().max(1);
    Ok(format!(
        "coverage: {count} of {} declared answers were seen ({percent} %)",
        declared.len()
    ))
}

fn declared(document: &Value) -> Answers {
    let mut answers = Answers::new();
    for operation in operations(document) {
        let id = operation.value["operationId"].as_str().unwrap_or_default();
        let statuses = members(&operation.value["responses"]).filter_map(|(status, _)| status.parse().ok());
        let statuses = statuses.filter(|status| !LEFT_OUT.contains(status));
        answers.extend(statuses.map(|status| (id.to_owned(), status)));
    }
    answers
}

/// The lines `operation status` of all files in the directory.
fn recorded(directory: &Path) -> Result<Answers> {
    let mut answers = Answers::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let text = fs::read_to_string(entry?.path())?;
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        answers.extend(pairs.filter_map(|(id, status)| Some((id.to_owned(), status.parse().ok()?))));
    }
    ensure!(!answers.is_empty(), "{} holds no records", directory.display());
    Ok(answers)
}

fn problems(declared: &Answers, seen: &Answers, listed: &Listed) -> Vec<String> {
    let name = |(id, status): &(String, u16)| format!("{id} {status}");
    let sometimes = expand(&listed.sometimes, declared);
    let gaps = expand(&listed.gaps, declared);
    let new = declared
        .difference(seen)
        .filter(|answer| !gaps.contains(*answer) && !sometimes.contains(*answer))
        .map(|answer| format!("{}: not seen, and not listed", name(answer)));
    let closed = gaps
        .intersection(seen)
        .filter(|answer| !sometimes.contains(*answer))
        .map(|answer| format!("{}: listed, and seen; take it off the list", name(answer)));
    let unknown = gaps
        .union(&sometimes)
        .filter(|answer| !declared.contains(*answer))
        .map(|answer| format!("{}: listed, and not in the document", name(answer)));
    new.chain(closed).chain(unknown).collect()
}

fn expand(listed: &BTreeMap<String, Vec<u16>>, declared: &Answers) -> Answers {
    let mut answers = Answers::new();
    for (id, statuses) in listed {
        for &status in statuses {
            if id == "*" {
                answers.extend(declared.iter().filter(|(_, of)| *of == status).cloned());
            } else {
                answers.insert((id.clone(), status));
            }
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(pairs: &[(&str, u16)]) -> Answers {
        pairs
            .iter()
            .map(|(id, status)| ((*id).to_owned(), *status))
            .collect()
    }

    fn listed(yaml: &str) -> Listed {
        serde_yaml_ng::from_str(yaml).expect("the list has its form")
    }

    #[test]
    fn the_list_says_exactly_what_was_not_seen() {
        let declared = answers(&[("a", 200), ("a", 404), ("b", 200), ("b", 503)]);
        let seen = answers(&[("a", 200), ("b", 200), ("b", 418)]);
        let check = |yaml: &str| problems(&declared, &seen, &listed(yaml));
        assert_eq!(check("{gaps: {a: [404], b: [503]}, sometimes: {}}"), [""; 0]);
        assert_eq!(check("{gaps: {a: [404]}, sometimes: {'*': [503]}}"), [""; 0]);
        assert_eq!(
            check("{gaps: {'*': [503]}, sometimes: {}}"),
            ["a 404: not seen, and not listed"]
        );
        assert_eq!(
            check("{gaps: {a: [404, 200], b: [503], c: [200]}, sometimes: {}}"),
            [
                "a 200: listed, and seen; take it off the list",
                "c 200: listed, and not in the document"
            ]
        );
    }

    #[test]
    fn faults_and_limits_are_not_asked_for() {
        let responses = json!({"200": {}, "429": {}, "500": {}, "default": {}});
        let document = json!({"paths": {"/a": {"get": {"operationId": "a", "responses": responses}}}});
        assert_eq!(super::declared(&document), answers(&[("a", 200)]));
    }

    #[test]
    fn the_committed_list_names_what_the_document_declares() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/coverage.yaml");
        let listed = listed(&fs::read_to_string(path).expect("the list is there"));
        let declared = super::declared(&document());
        for answer in expand(&listed.gaps, &declared).union(&expand(&listed.sometimes, &declared)) {
            assert!(declared.contains(answer), "{answer:?}");
        }
    }
}
