//! The answers of the document that the end-to-end tests have seen.
//!
//! They record operation and status of each answer. A declared answer that no test has seen must be listed, and a listed one must
//! not have been seen, so that the list only gets shorter.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use openapi_document::{members, operations};

use crate::document::document;

/// Faults of the service, and limits that tests would have to exceed: neither is required.
const LEFT_OUT: [u16; 2] = [429, 500];

/// An operation and a status.
type Answers = BTreeSet<(String, u16)>;

/// Maximum number of gaps in tests/coverage.yaml. It only gets smaller: a closed gap lowers this, too.
const MOST_GAPS: usize = 3;

/// tests/coverage.yaml
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Answers that no test has seen.
    gaps: Vec<Gap>,
}

/// A declared answer that no test has seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gap {
    operation: String,
    status: u16,
    reason: String,
}

impl Listed {
    fn answers(&self) -> Answers {
        let gaps = self.gaps.iter();
        gaps.map(|gap| (gap.operation.clone(), gap.status)).collect()
    }
}

/// The coverage.
///
/// # Errors
/// A gap that isn't listed, a listed one that is none, or more of them than there were.
pub fn report(records: &Path, listed: &Path) -> Result<String> {
    let text = fs::read_to_string(listed).with_context(|| listed.display().to_string())?;
    let listed: Listed = serde_yaml_ng::from_str(&text).with_context(|| listed.display().to_string())?;
    let (declared, seen) = (declared(&document()?), recorded(records)?);
    let problems = problems(&declared, &seen, &listed);
    ensure!(
        problems.is_empty(),
        "the end-to-end tests see other answers than tests/coverage.yaml says:\n  {}",
        problems.join("\n  ")
    );
    let count = declared.intersection(&seen).count();
    let percent = 100 * count / declared.len().max(1);
    Ok(format!(
        "coverage: {count} of {} declared answers (operation, status) were seen ({percent} %); 500 and 429 aside",
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
    let gaps = listed.answers();
    let new = declared
        .difference(seen)
        .filter(|answer| !gaps.contains(*answer))
        .map(|answer| format!("{}: not seen, and not listed", name(answer)));
    let closed = gaps
        .intersection(seen)
        .map(|answer| format!("{}: listed, and seen; take it off the list", name(answer)));
    let unknown = gaps
        .difference(declared)
        .map(|answer| format!("{}: listed, and not in the document", name(answer)));
    let unexplained = listed
        .gaps
        .iter()
        .filter(|gap| gap.reason.trim().is_empty())
        .map(|gap| format!("{} {}: listed without a reason", gap.operation, gap.status));
    let more = (listed.gaps.len() > MOST_GAPS).then(|| format!("more than {MOST_GAPS} gaps are listed"));
    new.chain(closed)
        .chain(unknown)
        .chain(unexplained)
        .chain(more)
        .collect()
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
        let seen = answers(&[("a", 200), ("b", 200), ("b", 418)]);
        let gap = |id: &str, status: u16| format!("{{operation: {id}, status: {status}, reason: R}}");
        let check = |declared: &Answers, gaps: &[String]| {
            let listed = listed(&format!("{{gaps: [{}]}}", gaps.join(", ")));
            problems(declared, &seen, &listed)
        };
        let mut declared = answers(&[("a", 200), ("a", 404), ("b", 200)]);
        let all = |gaps: &[String]| check(&declared, gaps);
        assert_eq!(all(&[gap("a", 404)]), [""; 0]);
        assert_eq!(all(&[]), ["a 404: not seen, and not listed"]);
        assert_eq!(
            all(&[gap("a", 404), gap("b", 200), gap("c", 200)]),
            [
                "b 200: listed, and seen; take it off the list",
                "c 200: listed, and not in the document"
            ]
        );
        let many = vec![gap("a", 404); MOST_GAPS + 1];
        assert_eq!(all(&many), [format!("more than {MOST_GAPS} gaps are listed")]);
        let unexplained = "{operation: a, status: 404, reason: ''}".to_owned();
        assert_eq!(all(&[unexplained]), ["a 404: listed without a reason"]);
        declared.insert(("d".to_owned(), 503));
        assert_eq!(
            check(&declared, &[gap("a", 404)]),
            ["d 503: not seen, and not listed"]
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
        let path = crate::root().join("tests/coverage.yaml");
        let listed = listed(&fs::read_to_string(path).expect("the list is there"));
        let declared = super::declared(&document().expect("the document is there"));
        for answer in listed.answers() {
            assert!(declared.contains(&answer), "{answer:?}");
        }
    }
}
