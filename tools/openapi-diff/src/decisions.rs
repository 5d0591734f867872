//! Breaking changes that were accepted by a decision, and those that the version of the API announces.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::change::{Change, Class, Group, Side};
use super::comparison::Comparison;

/// An entry of api-spec/decisions.yaml.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `info.version` of the document whose promise is broken. The decision does not cover changes to other versions.
    pub version: String,
    /// `operation`, `request` or `response`.
    pub side: String,
    /// The change's predicate, word by word.
    pub change: String,
    /// Place in a request or response; empty for all of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// The operations that it concerns.
    pub operations: BTreeSet<String>,
    /// Reason why clients have to live with it.
    pub reason: String,
}

impl Decision {
    fn accepts(&self, change: &Change, version: &str) -> bool {
        self.version == version
            && self.side == change.side.to_string()
            && self.change == change.what
            && self.at == change.location
            && self.operations.contains(&change.operation)
    }

    /// The entry that would accept a group, without its reason.
    pub fn of(group: &Group, version: &str) -> Self {
        Self {
            version: version.to_owned(),
            side: group.side.to_string(),
            change: group.what.clone(),
            at: group.location.clone(),
            operations: group.operations.clone(),
            reason: String::new(),
        }
    }
}

/// Reads api-spec/decisions.yaml; an empty text has none.
///
/// # Errors
/// Text that is not of that form, and entries without reason, operation or known side.
pub fn parse(text: &str) -> anyhow::Result<Vec<Decision>> {
    let decisions: Option<Vec<Decision>> = serde_yaml_ng::from_str(text)?;
    let decisions = decisions.unwrap_or_default();
    for decision in &decisions {
        let check = || -> anyhow::Result<()> {
            ensure!(!decision.reason.trim().is_empty(), "it has no reason");
            ensure!(!decision.operations.is_empty(), "it names no operation");
            decision
                .side
                .parse::<Side>()
                .context("its side is none of operation, request and response")?;
            Ok(())
        };
        check().with_context(|| format!("the decision on \"{}\"", decision.change))?;
    }
    Ok(decisions)
}

/// Whether the version announces a break: a raised major part, or the minor one of 0.x.
pub fn announces_break(old: &str, new: &str) -> bool {
    let parts = |version: &str| -> Option<(u64, u64)> {
        let mut parts = version.split(['.', '-', '+']).map(str::parse::<u64>);
        Some((parts.next()?.ok()?, parts.next().unwrap_or(Ok(0)).ok()?))
    };
    match (parts(old), parts(new)) {
        (Some((0, before)), Some((0, after))) => after > before,
        (Some((before, _)), Some((after, _))) => after > before,
        _ => false,
    }
}

/// The breaking changes that neither the version nor a decision accepts.
pub fn unaccepted(comparison: &Comparison, decisions: &[Decision]) -> Vec<Change> {
    if announces_break(&comparison.old_version, &comparison.new_version) {
        return Vec::new();
    }
    let version = comparison.old_version.as_str();
    let breaking = comparison
        .changes
        .iter()
        .filter(|change| change.class == Class::Breaking);
    breaking
        .filter(|change| !decisions.iter().any(|decision| decision.accepts(change, version)))
        .cloned()
        .collect()
}

/// One line for each operation of a decision that accepts nothing. `known` are the decisions of the earlier revision: they took
/// effect before it, so they are not checked.
pub fn unused(comparison: &Comparison, decisions: &[Decision], known: &[Decision]) -> Vec<String> {
    let version = comparison.old_version.as_str();
    let breaking: Vec<_> = comparison
        .changes
        .iter()
        .filter(|change| change.class == Class::Breaking)
        .collect();
    let mut lines = Vec::new();
    for decision in decisions.iter().filter(|decision| !known.contains(decision)) {
        for operation in &decision.operations {
            let accepts =
                |change: &&&Change| change.operation == *operation && decision.accepts(change, version);
            if !breaking.iter().any(|change| accepts(&change)) {
                let Decision {
                    change,
                    side,
                    version,
                    ..
                } = decision;
                lines.push(format!(
                    "the decision on \"{change}\" ({side}, version {version}) is unused: {operation} has no such \
                     change"
                ));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(new_version: &str) -> Comparison {
        let change = |operation: &str| Change {
            class: Class::Breaking,
            side: Side::Response,
            location: "body /id".to_owned(),
            what: "no longer guarantee `id`".to_owned(),
            operation: operation.to_owned(),
            status: None,
        };
        Comparison {
            old_version: "0.1.0".to_owned(),
            new_version: new_version.to_owned(),
            operations: BTreeSet::new(),
            changes: vec![change("a"), change("b")],
        }
    }

    fn decision(version: &str, operations: &str) -> Vec<Decision> {
        let text = format!(
            "[{{version: {version}, side: response, change: no longer guarantee `id`, at: body /id, \
             operations: [{operations}], reason: r}}]"
        );
        parse(&text).unwrap()
    }

    #[test]
    fn versions_announce_a_break_by_their_first_part_that_counts() {
        for (old, new) in [
            ("0.1.0", "0.2.0"),
            ("0.9.1", "1.0.0"),
            ("1.4.0", "2.0.0"),
            ("0.1", "0.2"),
        ] {
            assert!(announces_break(old, new), "{old} {new}");
            assert!(!announces_break(new, old), "{new} {old}");
        }
        for (old, new) in [
            ("0.1.0", "0.1.1"),
            ("1.1.0", "1.2.0"),
            ("1.0.0", "0.2.0"),
            ("", "1.0.0"),
            ("1", "x"),
        ] {
            assert!(!announces_break(old, new), "{old} {new}");
        }
    }

    #[test]
    fn a_break_needs_a_version_or_a_decision() {
        assert_eq!(unaccepted(&comparison("0.1.1"), &[]).len(), 2);
        assert_eq!(unaccepted(&comparison("0.2.0"), &[]), []);
        assert_eq!(unaccepted(&comparison("0.1.1"), &decision("0.1.0", "a")).len(), 1);
        assert_eq!(unaccepted(&comparison("0.1.1"), &decision("0.1.0", "a, b")), []);
        assert_eq!(
            unaccepted(&comparison("0.1.1"), &decision("0.0.9", "a, b")).len(),
            2
        );
    }

    #[test]
    fn a_new_decision_has_to_accept_something() {
        let one_too_many = decision("0.1.0", "a, c");
        let lines = unused(&comparison("0.1.0"), &one_too_many, &[]);
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].ends_with("is unused: c has no such change"),
            "{}",
            lines[0]
        );
        assert_eq!(
            unused(&comparison("0.1.0"), &one_too_many, &one_too_many),
            [""; 0]
        );
    }

    #[test]
    fn refuses_decisions_that_decide_nothing() {
        let whole = "[{version: '1', side: request, change: c, operations: [a], reason: r}]";
        assert!(parse(whole).is_ok());
        for (from, to) in [
            ("reason: r", "reason: ' '"),
            ("[a]", "[]"),
            ("request", "both"),
            ("change: c, ", ""),
        ] {
            assert!(parse(&whole.replace(from, to)).is_err(), "{to}");
        }
        assert_eq!(parse("# nothing\n").unwrap(), []);
    }
}
