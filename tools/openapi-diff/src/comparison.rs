//! The changes from one document to another, operation by operation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use openapi_document::{Operation, members, operations};

use super::change::{Change, Class, Side};
use super::documents::Documents;
use super::{bodies, parameters, responses, security};

/// All changes between two documents.
pub struct Comparison {
    /// `info.version` of the earlier document.
    pub old_version: String,
    /// `info.version` of the later document.
    pub new_version: String,
    /// The operations of both documents, by the names that the changes use.
    pub operations: BTreeSet<String>,
    /// The changes, in a stable order.
    pub changes: Vec<Change>,
}

/// The changes of one operation so far.
pub struct Notes<'a> {
    /// The documents that are compared.
    pub documents: &'a Documents<'a>,
    /// The operation's name in sentences.
    pub operation: String,
    /// The changes so far.
    pub changes: Vec<Change>,
}

impl Notes<'_> {
    /// Notes a change at `location` of one side.
    pub fn add(&mut self, class: Class, side: Side, location: &str, what: impl Into<String>) {
        self.changes.push(Change {
            class,
            side,
            location: location.to_owned(),
            what: what.into(),
            operation: self.operation.clone(),
            status: None,
        });
    }

    /// Notes which of `keys` differ between two objects as an annotation.
    pub fn annotate(&mut self, side: Side, location: &str, old: &Value, new: &Value, keys: &[&str]) {
        let apart: Vec<_> = keys
            .iter()
            .filter(|key| old.get(**key) != new.get(**key))
            .collect();
        if !apart.is_empty() {
            let names: Vec<_> = apart.iter().map(|key| format!("`{key}`")).collect();
            let place = if location.is_empty() { "" } else { " on " };
            let what = format!("have other texts{place}{location}: {}", names.join(", "));
            self.add(Class::Annotation, side, location, what);
        }
    }
}

/// Compares two documents. Missing members, and members that OpenAPI does not define, count as absent.
pub fn compare(old: &Value, new: &Value) -> Comparison {
    let documents = Documents::new(old, new);
    let before = by_place(old);
    let after = by_place(new);
    let names = names(&before, &after);
    let mut changes = of_document(&documents);
    for (place, name) in &names {
        let mut notes = Notes {
            documents: &documents,
            operation: name.clone(),
            changes: Vec::new(),
        };
        match (before.get(place), after.get(place)) {
            (Some(earlier), Some(later)) => of_operation(&mut notes, *earlier, *later),
            (Some(earlier), None) => gone(&mut notes, *earlier, new),
            (None, Some(later)) => {
                let what = format!("is new: {}", call(*later));
                notes.add(Class::NonBreaking, Side::Operation, "", what);
            }
            (None, None) => {}
        }
        changes.append(&mut notes.changes);
    }
    changes.sort();
    changes.dedup();
    Comparison {
        old_version: version(old),
        new_version: version(new),
        operations: names
            .into_iter()
            .filter(|(place, _)| before.contains_key(place) && after.contains_key(place))
            .map(|(_, name)| name)
            .collect(),
        changes,
    }
}

/// The path without the names of its parameters, and the method.
type Place = (String, String);

fn by_place(document: &Value) -> BTreeMap<Place, Operation<'_>> {
    let all = operations(document).into_iter();
    all.map(|operation| ((template(operation.path), operation.method.to_owned()), operation))
        .collect()
}

/// `/orders/{id}/captures` as `/orders/{}/captures`: the name of a parameter is not on the wire.
fn template(path: &str) -> String {
    let mut bare = String::new();
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '{' => bare.push_str("{}"),
            '}' => {}
            _ if inside => {}
            other => bare.push(other),
        }
        inside = letter == '{' || (inside && letter != '}');
    }
    bare
}

fn names(
    before: &BTreeMap<Place, Operation<'_>>,
    after: &BTreeMap<Place, Operation<'_>>,
) -> BTreeMap<Place, String> {
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let name = |place| {
        let both = [before.get(place), after.get(place)];
        let id = both.iter().flatten().find_map(|operation| id(**operation));
        let any = both.into_iter().flatten().next();
        id.map(str::to_owned)
            .or_else(|| any.map(|operation| call(*operation)))
    };
    places
        .into_iter()
        .filter_map(|place| Some((place.clone(), name(place)?)))
        .collect()
}

fn id<'a>(operation: Operation<'a>) -> Option<&'a str> {
    operation.value.get("operationId").and_then(Value::as_str)
}

fn call(operation: Operation<'_>) -> String {
    format!("{} {}", operation.method.to_uppercase(), operation.path)
}

fn version(document: &Value) -> String {
    document["info"]["version"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn gone(notes: &mut Notes<'_>, old: Operation<'_>, new: &Value) {
    let path_left = operations(new)
        .iter()
        .any(|other| template(other.path) == template(old.path));
    let what = if path_left {
        format!("is gone: {} is no longer answered", call(old))
    } else {
        format!(
            "is gone: {} is no longer answered, nor is any other verb at that path",
            call(old)
        )
    };
    notes.add(Class::Breaking, Side::Operation, "", what);
}

fn of_operation(notes: &mut Notes<'_>, old: Operation<'_>, new: Operation<'_>) {
    match (id(old), id(new)) {
        (before, after) if before == after => {}
        (_, Some(name)) if id(old).is_some() => {
            let what = format!("is now called `{name}`: generated clients have it under that name");
            notes.add(Class::Breaking, Side::Operation, "operationId", what);
        }
        (None, Some(name)) => {
            notes.add(
                Class::NonBreaking,
                Side::Operation,
                "operationId",
                format!("has the name `{name}` now"),
            );
        }
        _ => {
            let what = "no longer has a name: generated clients make one up";
            notes.add(Class::Breaking, Side::Operation, "operationId", what);
        }
    }
    security::compare(notes, old.value, new.value);
    parameters::compare(notes, old, new);
    bodies::compare_request(notes, old.value.get("requestBody"), new.value.get("requestBody"));
    responses::compare(notes, &old.value["responses"], &new.value["responses"]);
    others(notes, old.value, new.value);
}

/// Members of the operation that are texts for people, and those that no rule covers.
fn others(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    const COMPARED: [&str; 5] = [
        "operationId",
        "security",
        "parameters",
        "requestBody",
        "responses",
    ];
    const TEXTS: [&str; 5] = ["summary", "description", "tags", "deprecated", "externalDocs"];
    let all: BTreeSet<&String> = members(old).chain(members(new)).map(|(key, _)| key).collect();
    for key in all.into_iter().filter(|key| !COMPARED.contains(&key.as_str())) {
        if key == "deprecated" && old.get(key.as_str()) != new.get(key.as_str()) {
            let is = new.get(key.as_str()) == Some(&json!(true));
            let what = if is {
                "is deprecated"
            } else {
                "is no longer deprecated"
            };
            notes.add(Class::Annotation, Side::Operation, key, what);
        } else if TEXTS.contains(&key.as_str()) || key.starts_with("x-") {
            if old.get(key.as_str()) != new.get(key.as_str()) {
                notes.add(
                    Class::Annotation,
                    Side::Operation,
                    key,
                    format!("has another `{key}`"),
                );
            }
        } else if !notes.documents.equal(&old[key.as_str()], &new[key.as_str()]) {
            let what = format!("can break, which can't be decided here: its `{key}` changed");
            notes.add(Class::Breaking, Side::Operation, key, what);
        }
    }
}

/// Changes of the document as a whole.
fn of_document(documents: &Documents<'_>) -> Vec<Change> {
    let mut notes = Notes {
        documents,
        operation: "the API".to_owned(),
        changes: Vec::new(),
    };
    let (old, new) = (documents.old, documents.new);
    let urls = |document: &Value| -> BTreeSet<String> {
        let servers = document["servers"].as_array().into_iter().flatten();
        servers
            .filter_map(|server| server["url"].as_str())
            .map(str::to_owned)
            .collect()
    };
    for url in urls(old).difference(&urls(new)) {
        let what = format!("is no longer served at `{url}`");
        notes.add(Class::Breaking, Side::Operation, "servers", what);
    }
    for url in urls(new).difference(&urls(old)) {
        notes.add(
            Class::NonBreaking,
            Side::Operation,
            "servers",
            format!("is also served at `{url}`"),
        );
    }
    let texts = |document: &Value| {
        let mut info = document["info"].clone();
        if let Value::Object(members) = &mut info {
            members.remove("version");
        }
        (
            info,
            document.get("tags").cloned(),
            document.get("externalDocs").cloned(),
        )
    };
    if texts(old) != texts(new) {
        notes.add(
            Class::Annotation,
            Side::Operation,
            "info",
            "has other texts about itself",
        );
    }
    notes.changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_paths_have_no_name_on_the_wire() {
        assert_eq!(template("/a/{id}/b/{other}"), "/a/{}/b/{}");
        assert_eq!(template("/a/{broken"), "/a/{}");
    }
}
