//! Compares an OpenAPI document with an earlier one, and finds the changes that break clients.
//!
//! [`check`] reports a change that breaks clients, unless the version of the API announces it (its major part, or the
//! minor one of 0.x, was raised) or a file of decisions accepts it. [`changelog`] writes the same comparison as Markdown.
//!
//! # Why the comparison is our own, and which part isn't
//!
//! Of the tools that tell changes of OpenAPI documents apart, oasdiff and openapi-changes are Go programs and
//! openapi-diff is a Java one, while this check has nothing but Rust and git. Of the crates, drift 0.2 reads
//! documents of OpenAPI 3.0 only and leaves `anyOf` and several `allOf` parts undecided; schemadoc-diff 0.1 does not
//! build with today's serde.
//! jsoncompat has what is hard, proofs that one JSON Schema 2020-12 includes another; but its report for OpenAPI
//! stops at the first difference of an operation, names schemas rather than members, and takes a new member of a
//! closed response for a break. So the walk, the classes and the sentences are here, and jsoncompat decides where
//! no rule does ([`schema`]). Version 0.5 of it turns on serde_json's `arbitrary_precision` for whatever is built
//! with it, the server included; 0.4 does not.

mod bodies;
mod change;
mod changelog;
mod comparison;
mod decisions;
mod documents;
mod earlier;
#[cfg(test)]
mod mutations;
mod parameters;
#[cfg(test)]
mod properties;
mod responses;
mod schema;
mod security;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use self::change::{Change, Class, group};
use self::comparison::Comparison;
use self::decisions::Decision;
use self::earlier::{Earlier, Found};

/// The place of the document, in a git repository or outside of one.
pub struct Place {
    /// The OpenAPI document in JSON. A revision is searched for the file at this path.
    pub document: PathBuf,
    /// The accepted changes; none without a file.
    pub decisions: Option<PathBuf>,
}

impl Place {
    /// The name of the decisions' file in messages.
    fn decisions_name(&self) -> String {
        let file = self.decisions.as_ref();
        file.map_or_else(
            || "a file of decisions".to_owned(),
            |file| file.display().to_string(),
        )
    }
}

/// The result of the check.
pub struct Outcome {
    /// Always shown.
    pub notes: Vec<String>,
    /// Problems that make the check fail.
    pub problems: Vec<String>,
}

/// Compares `document` with the earlier one that `against` names.
///
/// # Errors
/// No such file or revision, a revision without document, unreadable documents or decisions.
pub fn check(document: &Value, against: &str, place: &Place) -> anyhow::Result<Outcome> {
    let earlier = match earlier::read(against, place)? {
        Found::Document(earlier) => earlier,
        Found::Nothing(why) => {
            let note = format!("no earlier document to compare with: {why}");
            return Ok(Outcome {
                notes: vec![note],
                problems: Vec::new(),
            });
        }
    };
    let text = match &place.decisions {
        Some(file) if file.exists() => fs::read_to_string(file)?,
        _ => String::new(),
    };
    let name = place.decisions_name();
    let decided = decisions::parse(&text).with_context(|| name.clone())?;
    judge(&earlier, document, &decided, &name)
}

/// The changes since the document that `against` names, as Markdown.
///
/// # Errors
/// As [`check`].
pub fn changelog(document: &Value, against: &str, place: &Place) -> anyhow::Result<String> {
    match earlier::read(against, place)? {
        Found::Document(earlier) => {
            let comparison = comparison::compare(&earlier.document, document);
            Ok(changelog::render(&comparison, &earlier.name))
        }
        Found::Nothing(why) => Ok(format!("No earlier document to compare with: {why}.\n")),
    }
}

fn judge(
    earlier: &Earlier,
    document: &Value,
    decided: &[Decision],
    decisions_name: &str,
) -> anyhow::Result<Outcome> {
    let comparison = comparison::compare(&earlier.document, document);
    let open = decisions::unaccepted(&comparison, decided);
    let mut outcome = Outcome {
        notes: notes(&comparison, &earlier.name, &open),
        problems: Vec::new(),
    };
    for group in group(&open) {
        outcome.problems.push(group.line(&comparison.operations));
        let entry = serde_yaml_ng::to_string(&[Decision::of(&group, &comparison.old_version)])?;
        outcome.notes.push(format!(
            "to accept it, with a reason, in {decisions_name}:\n{entry}"
        ));
    }
    match &earlier.decisions {
        Some(text) => {
            let known =
                decisions::parse(text).with_context(|| format!("{decisions_name} at {}", earlier.name))?;
            outcome
                .problems
                .extend(decisions::unused(&comparison, decided, &known));
        }
        // A file doesn't show which decisions were made before it.
        None => outcome.notes.extend(
            decisions::unused(&comparison, decided, &[])
                .into_iter()
                .map(|line| format!("not counted: {line}")),
        ),
    }
    Ok(outcome)
}

/// The number of changes, and every change that is neither a text nor among the problems.
fn notes(comparison: &Comparison, name: &str, problems: &[Change]) -> Vec<String> {
    let groups = group(&comparison.changes);
    let count = |class| groups.iter().filter(|group| group.class == class).count();
    let (old, new) = (&comparison.old_version, &comparison.new_version);
    let mut notes = vec![format!(
        "{} breaking, {} non-breaking, {} annotations since {name} (version {old}, now {new})",
        count(Class::Breaking),
        count(Class::NonBreaking),
        count(Class::Annotation)
    )];
    let told = |change: &&Change| change.class != Class::Annotation && !problems.contains(*change);
    let told: Vec<Change> = comparison.changes.iter().filter(told).cloned().collect();
    notes.extend(
        group(&told)
            .iter()
            .map(|group| format!("{}: {}", group.class, group.line(&comparison.operations))),
    );
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAME: &str = "decisions.yaml";

    fn document(version: &str, required: &[&str]) -> Value {
        let schema =
            json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": required});
        let response = json!({"content": {"application/json": {"schema": schema}}});
        let operation = json!({"operationId": "read", "responses": {"200": response}});
        json!({"info": {"version": version}, "paths": {"/a": {"get": operation}}})
    }

    fn earlier(decisions: Option<&str>) -> Earlier {
        Earlier {
            name: "v1".to_owned(),
            document: document("0.1.0", &["id"]),
            decisions: decisions.map(str::to_owned),
        }
    }

    #[test]
    fn a_break_fails_and_the_way_out_is_told() {
        let later = document("0.1.0", &[]);
        let outcome = judge(&earlier(Some("")), &later, &[], NAME).unwrap();
        assert_eq!(
            outcome.problems,
            ["responses of read no longer guarantee `id` (body /id; 200)"]
        );
        let (_, entry) = outcome.notes.last().unwrap().split_once(":\n").unwrap();
        let accepted = decisions::parse(&entry.replace("reason: ''", "reason: nobody reads it")).unwrap();
        assert_eq!(
            judge(&earlier(Some("")), &later, &accepted, NAME)
                .unwrap()
                .problems,
            [""; 0]
        );
        assert_eq!(
            judge(&earlier(Some("")), &document("0.2.0", &[]), &[], NAME)
                .unwrap()
                .problems,
            [""; 0]
        );
    }

    #[test]
    fn a_decision_without_a_change_fails_where_it_is_new_only() {
        let text = "[{version: 0.1.0, side: response, change: no longer guarantee `id`, at: body /id, \
                    operations: [read], reason: r}]";
        let decided = decisions::parse(text).unwrap();
        let same = document("0.1.0", &["id"]);
        assert_eq!(
            judge(&earlier(Some("")), &same, &decided, NAME)
                .unwrap()
                .problems
                .len(),
            1
        );
        assert_eq!(
            judge(&earlier(Some(text)), &same, &decided, NAME)
                .unwrap()
                .problems,
            [""; 0]
        );
        let of_file = judge(&earlier(None), &same, &decided, NAME).unwrap();
        assert_eq!(of_file.problems, [""; 0]);
        assert!(of_file.notes.iter().any(|note| note.contains("is unused")));
    }
}
