//! Responses: their statuses, headers and bodies.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use openapi_document::members;

use super::bodies::compare_content;
use super::change::{Class, Side};
use super::comparison::Notes;
use super::documents::followed;
use super::schema;

/// Compares two Responses Objects.
pub fn compare(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    let (before_document, after_document) = (notes.documents.old, notes.documents.new);
    for (status, earlier) in statuses(old) {
        match covering(new, status) {
            Some(later) => {
                let earlier = followed(before_document, earlier);
                of_response(notes, status, earlier, followed(after_document, later));
            }
            None => {
                let what = format!("no longer come with the status {status}");
                notes.add(Class::Breaking, Side::Response, "", what);
            }
        }
    }
    for (status, later) in statuses(new).filter(|(status, _)| old.get(status.as_str()).is_none()) {
        if let Some(earlier) = covering(old, status) {
            let earlier = followed(before_document, earlier);
            of_response(notes, status, earlier, followed(after_document, later));
            continue;
        }
        // Clients have to handle any error, but they read a success by its status.
        let error = ["4", "5", "default"]
            .iter()
            .any(|start| status.starts_with(start));
        let class = if error {
            Class::NonBreaking
        } else {
            Class::Breaking
        };
        notes.add(
            class,
            Side::Response,
            "",
            format!("can now come with the status {status}"),
        );
    }
}

fn statuses(responses: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(responses).filter(|(status, _)| !status.starts_with("x-"))
}

/// The response for a status: its own, its range (`4XX`) or `default`.
fn covering<'a>(responses: &'a Value, status: &str) -> Option<&'a Value> {
    let range = status
        .get(..1)
        .map(|class| format!("{class}XX"))
        .unwrap_or_default();
    [status, &range, "default"]
        .iter()
        .find_map(|name| responses.get(*name))
}

fn of_response(notes: &mut Notes<'_>, status: &str, old: &Value, new: &Value) {
    let first = notes.changes.len();
    headers(notes, &old["headers"], &new["headers"]);
    notes.annotate(Side::Response, "", old, new, &["description"]);
    links(notes, &old["links"], &new["links"]);
    for change in &mut notes.changes[first..] {
        change.status = Some(status.to_owned());
    }
    compare_content(
        notes,
        Side::Response,
        Some(status),
        &old["content"],
        &new["content"],
    );
}

fn headers(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    let side = Side::Response;
    let find = |headers: &Value, name: &str| -> Option<Value> {
        members(headers)
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, header)| header.clone())
    };
    for (name, before) in members(old) {
        let location = format!("header `{name}`");
        let Some(after) = find(new, name) else {
            notes.add(
                Class::Breaking,
                side,
                &location,
                format!("no longer have the {location}"),
            );
            continue;
        };
        let before = followed(notes.documents.old, before);
        let after = followed(notes.documents.new, &after).clone();
        let required = |header: &Value| header.get("required") == Some(&json!(true));
        match (required(before), required(&after)) {
            (true, false) => notes.add(
                Class::Breaking,
                side,
                &location,
                format!("no longer guarantee the {location}"),
            ),
            (false, true) => notes.add(
                Class::NonBreaking,
                side,
                &location,
                format!("now guarantee the {location}"),
            ),
            _ => {}
        }
        notes.annotate(
            side,
            &location,
            before,
            &after,
            &["description", "example", "examples", "deprecated"],
        );
        let anything = json!(true);
        let schema = |header: &Value| header.get("schema").cloned().unwrap_or_else(|| anything.clone());
        let name = format!("the {location}");
        for finding in schema::compare(notes.documents, side, &name, &schema(before), &schema(&after)) {
            let place = format!("{location} {}", finding.pointer);
            notes.add(finding.class, side, place.trim_end(), finding.what);
        }
    }
    for (name, _) in members(new).filter(|(name, _)| find(old, name).is_none()) {
        let location = format!("header `{name}`");
        notes.add(
            Class::NonBreaking,
            side,
            &location,
            format!("now have the {location}"),
        );
    }
}

/// Links guide clients and tools; no value depends on them.
fn links(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    let names: BTreeSet<_> = members(old).chain(members(new)).map(|(name, _)| name).collect();
    for name in names {
        if !notes.documents.equal(&old[name.as_str()], &new[name.as_str()]) {
            let what = format!("have another link `{name}`");
            notes.add(Class::Annotation, Side::Response, "links", what);
        }
    }
}
