//! Request bodies, and the media types of any body.

use serde_json::{Value, json};

use openapi_document::members;

use super::change::{Change, Class, Side};
use super::comparison::Notes;
use super::documents::followed;
use super::schema::{self, Finding};

/// Compares the request bodies of two operations.
pub fn compare_request(notes: &mut Notes<'_>, old: Option<&Value>, new: Option<&Value>) {
    let old = old.map(|body| followed(notes.documents.old, body));
    let new = new.map(|body| followed(notes.documents.new, body));
    let required = |body: &Value| body.get("required") == Some(&json!(true));
    let (before, after) = match (old, new) {
        (None, None) => return,
        (Some(_), None) => return notes.add(Class::Breaking, Side::Request, "body", "no longer take a body"),
        (None, Some(body)) if required(body) => {
            return notes.add(Class::Breaking, Side::Request, "body", "must now have a body");
        }
        (None, Some(_)) => {
            return notes.add(Class::NonBreaking, Side::Request, "body", "may now have a body");
        }
        (Some(before), Some(after)) => (before, after),
    };
    match (required(before), required(after)) {
        (false, true) => notes.add(Class::Breaking, Side::Request, "body", "must now have a body"),
        (true, false) => notes.add(
            Class::NonBreaking,
            Side::Request,
            "body",
            "may now leave out the body",
        ),
        _ => {}
    }
    notes.annotate(Side::Request, "body", before, after, &["description"]);
    compare_content(notes, Side::Request, None, &before["content"], &after["content"]);
}

/// Compares two Media Type maps.
pub fn compare_content(notes: &mut Notes<'_>, side: Side, status: Option<&str>, old: &Value, new: &Value) {
    let first = notes.changes.len();
    let verb = |request, response| if side == Side::Request { request } else { response };
    let mut common = Vec::new();
    for (name, before) in members(old) {
        match new.get(name) {
            Some(after) => common.push((name, before, after)),
            None => {
                let what = format!("{} `{name}`", verb("are no longer taken as", "no longer come as"));
                notes.add(Class::Breaking, side, "body", what);
            }
        }
    }
    for (name, _) in members(new).filter(|(name, _)| old.get(name.as_str()).is_none()) {
        let what = format!("{} `{name}`", verb("may now be sent as", "can now come as"));
        notes.add(Class::NonBreaking, side, "body", what);
    }
    for (name, before, after) in &common {
        if !notes.documents.equal(&before["encoding"], &after["encoding"]) {
            let what = format!("can break, which can't be decided here: `encoding` of `{name}` changed");
            notes.add(Class::Breaking, side, "body", what);
        }
        notes.annotate(side, "body", before, after, &["example", "examples"]);
    }
    notes.changes.extend(schemas(notes, side, &common));
    for change in &mut notes.changes[first..] {
        change.status = status.map(str::to_owned);
    }
}

/// The changes in the schemas of the media types that both documents have. A change that concerns only some of them names these.
fn schemas(notes: &Notes<'_>, side: Side, common: &[(&String, &Value, &Value)]) -> Vec<Change> {
    let anything = json!(true);
    let of = |media: &Value| media.get("schema").cloned().unwrap_or_else(|| anything.clone());
    let found: Vec<(&String, Vec<Finding>)> = common
        .iter()
        .map(|(name, before, after)| {
            let findings = schema::compare(notes.documents, side, "the body", &of(before), &of(after));
            (*name, findings)
        })
        .collect();
    let mut changes = Vec::new();
    for (name, findings) in &found {
        for finding in findings {
            let everywhere = found.iter().all(|(_, others)| others.contains(finding));
            let media = if everywhere {
                String::new()
            } else {
                format!(", as `{name}`")
            };
            changes.push(Change {
                class: finding.class,
                side,
                location: format!("body {}", finding.pointer).trim_end().to_owned(),
                what: format!("{}{media}", finding.what),
                operation: notes.operation.clone(),
                status: None,
            });
        }
    }
    changes.sort();
    changes.dedup();
    changes
}
