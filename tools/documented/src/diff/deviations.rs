//! The accepted differences.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::difference::{Difference, Kind};

/// An accepted difference: of the document from a documented endpoint (`what`), or of the service's behaviour from the published
/// API, which no comparison of documents finds (`shown_by`).
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// A unique name.
    pub id: String,
    /// `METHOD path`, or `OBJECT type`.
    pub endpoint: String,
    /// The accepted differences; every entry must match one.
    #[serde(default)]
    pub what: Vec<Accepted>,
    /// The end-to-end test that shows the service's different behaviour, as `file::test` in `tests/tests`.
    pub shown_by: Option<String>,
    /// Reason for the deviation.
    pub reason: String,
}

/// A difference that a deviation accepts.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub kind: Kind,
    /// JSON Pointer of the difference.
    pub pointer: String,
    /// The other place of a missing argument.
    pub instead: Option<String>,
}

impl Deviation {
    fn accepts(&self, entry: &Accepted, difference: &Difference) -> bool {
        self.endpoint == difference.endpoint
            && entry.kind == difference.kind
            && entry.pointer == difference.pointer
    }
}

/// Reads the deviations.
///
/// # Errors
/// A file that doesn't have the form, an id used twice, an empty reason or list, or an `instead` that no
/// missing argument calls for.
pub fn load(file: &Path, tests: Option<&Path>) -> anyhow::Result<Vec<Deviation>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let deviations = parse(&text).with_context(|| file.display().to_string())?;
    for Deviation { id, shown_by, .. } in &deviations {
        let (Some(test), Some(tests)) = (shown_by, tests) else {
            continue;
        };
        ensure!(is_test(tests, test), "deviation {id}: there is no test {test}");
    }
    Ok(deviations)
}

/// Whether there is such an end-to-end test.
fn is_test(tests: &Path, name: &str) -> bool {
    let Some((file, function)) = name.split_once("::") else {
        return false;
    };
    let text = fs::read_to_string(tests.join(format!("{file}.rs"))).unwrap_or_default();
    text.contains(&format!("async fn {function}()"))
}

fn parse(text: &str) -> anyhow::Result<Vec<Deviation>> {
    let deviations: Vec<Deviation> = serde_yaml_ng::from_str(text)?;
    let mut ids = BTreeSet::new();
    for Deviation {
        id,
        what,
        shown_by,
        reason,
        ..
    } in &deviations
    {
        ensure!(ids.insert(id), "two deviations have the id {id}");
        ensure!(!reason.trim().is_empty(), "deviation {id} has no reason");
        ensure!(
            what.is_empty() == shown_by.is_some(),
            "deviation {id} has to have one of what and shown_by"
        );
        for entry in what {
            let moves = entry.instead.is_none() || entry.kind == Kind::MissingArgument;
            ensure!(
                moves,
                "deviation {id}: `instead` goes with missing_argument, not {}",
                entry.kind
            );
        }
    }
    Ok(deviations)
}

/// The other place of a missing argument, if a deviation names one.
pub fn moved_to<'a>(missing: &Difference, deviations: &'a [Deviation]) -> Option<&'a str> {
    let entries = deviations
        .iter()
        .flat_map(|deviation| deviation.what.iter().map(move |entry| (deviation, entry)));
    entries
        .filter(|(deviation, entry)| deviation.accepts(entry, missing))
        .find_map(|(_, entry)| entry.instead.as_deref())
}

/// The deviation that accepts `difference`.
pub fn accepting<'a>(difference: &Difference, deviations: &'a [Deviation]) -> Option<&'a Deviation> {
    let accepts = |deviation: &&Deviation| {
        deviation
            .what
            .iter()
            .any(|entry| deviation.accepts(entry, difference))
    };
    deviations.iter().find(accepts)
}

/// One line for each entry that accepts no difference.
pub fn unused(differences: &[Difference], deviations: &[Deviation]) -> Vec<String> {
    let mut lines = Vec::new();
    for deviation in deviations {
        for entry in &deviation.what {
            if differences
                .iter()
                .any(|difference| deviation.accepts(entry, difference))
            {
                continue;
            }
            let Deviation { id, endpoint, .. } = deviation;
            let Accepted { kind, pointer, .. } = entry;
            lines.push(format!(
                "deviation {id} is unused: {endpoint} has no {kind} at {pointer}"
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(pointer: &str) -> Difference {
        Difference {
            page: "p.md".to_owned(),
            endpoint: "POST /p".to_owned(),
            kind: Kind::MissingArgument,
            pointer: pointer.to_owned(),
            expected: "string".to_owned(),
            found: "nothing".to_owned(),
        }
    }

    const ONE: &str =
        "[{id: a, endpoint: POST /p, reason: r, what: [{kind: missing_argument, pointer: /x, instead: /y}]}]";

    #[test]
    fn an_accepted_difference_is_silent_and_an_unused_deviation_is_not() {
        let deviations = parse(ONE).unwrap();
        assert_eq!(accepting(&difference("/x"), &deviations).unwrap().id, "a");
        assert!(unused(&[difference("/x")], &deviations).is_empty());
        assert!(accepting(&difference("/z"), &deviations).is_none());
        assert_eq!(
            unused(&[difference("/z")], &deviations),
            ["deviation a is unused: POST /p has no missing_argument at /x"]
        );
    }

    #[test]
    fn a_deviation_holds_for_its_endpoint_and_kind_only() {
        let deviations = parse(ONE).unwrap();
        let elsewhere = Difference {
            endpoint: "POST /q".to_owned(),
            ..difference("/x")
        };
        let otherwise = Difference {
            kind: Kind::ArgumentType,
            ..difference("/x")
        };
        for other in [elsewhere, otherwise] {
            assert!(accepting(&other, &deviations).is_none());
            assert_eq!(unused(&[other], &deviations).len(), 1);
        }
    }

    #[test]
    fn says_where_a_missing_argument_stands() {
        let deviations = parse(ONE).unwrap();
        assert_eq!(moved_to(&difference("/x"), &deviations), Some("/y"));
        assert_eq!(moved_to(&difference("/z"), &deviations), None);
    }

    #[test]
    fn refuses_deviations_that_explain_nothing() {
        for (from, to) in [
            ("reason: r", "reason: ' '"),
            ("missing_argument", "argument_type"),
            ("missing_argument", "odd"),
        ] {
            assert!(parse(&ONE.replace(from, to)).is_err(), "{to}");
        }
        assert!(parse("[{id: a, endpoint: POST /p, reason: r, what: []}]").is_err());
        assert!(parse("[{id: a, endpoint: POST /p, reason: r, shown_by: a::b}]").is_ok());
        assert!(parse(&ONE.replace("reason: r", "reason: r, shown_by: a::b")).is_err());
        let twice = format!("{}, {}", &ONE[..ONE.len() - 1], &ONE[1..]);
        assert!(parse(&twice).unwrap_err().to_string().contains("two deviations"));
    }
}
