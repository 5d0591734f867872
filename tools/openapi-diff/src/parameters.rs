//! Parameters in the path, the query, headers and cookies.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use openapi_document::Operation;

use super::change::{Class, Side};
use super::comparison::Notes;
use super::documents::followed;
use super::schema;

/// Place and name; a path parameter's name is its position in the path.
type Key = (String, String);

/// Compares the parameters of two operations, with those of their paths.
pub fn compare(notes: &mut Notes<'_>, old: Operation<'_>, new: Operation<'_>) {
    let (before_document, after_document) = (notes.documents.old, notes.documents.new);
    let before = by_key(before_document, old);
    let after = by_key(after_document, new);
    for (key, earlier) in &before {
        match after.get(key) {
            Some(later) => of_parameter(notes, earlier, later),
            None => {
                let name = title(earlier);
                notes.add(
                    Class::Breaking,
                    Side::Request,
                    &name,
                    format!("no longer take the {name}"),
                );
            }
        }
    }
    for (_, later) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let name = title(later);
        if is_required(later) {
            let what = format!("must now have the {name}, which is new");
            notes.add(Class::Breaking, Side::Request, &name, what);
        } else {
            notes.add(
                Class::NonBreaking,
                Side::Request,
                &name,
                format!("may now have the {name}"),
            );
        }
    }
}

fn by_key<'a>(document: &'a Value, operation: Operation<'a>) -> BTreeMap<Key, &'a Value> {
    let of_path = &document["paths"][operation.path]["parameters"];
    let own = &operation.value["parameters"];
    let all = [of_path, own].into_iter().filter_map(Value::as_array).flatten();
    let mut found = BTreeMap::new();
    for parameter in all {
        let parameter = followed(document, parameter);
        let (Some(place), Some(name)) = (parameter["in"].as_str(), parameter["name"].as_str()) else {
            continue;
        };
        let name = match place {
            "header" => name.to_ascii_lowercase(),
            "path" => {
                let index = names_in(operation.path).position(|found| found == name);
                index.map_or_else(|| name.to_owned(), |index| index.to_string())
            }
            _ => name.to_owned(),
        };
        // An operation's own parameter replaces that of the path.
        found.insert((place.to_owned(), name), parameter);
    }
    found
}

/// The parameters in a path template, in its order.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// "query parameter `page[size]`".
fn title(parameter: &Value) -> String {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default();
    match text("in") {
        "header" => format!("header `{}`", text("name")),
        place => format!("{place} parameter `{}`", text("name")),
    }
}

fn is_required(parameter: &Value) -> bool {
    parameter.get("required") == Some(&json!(true))
}

fn of_parameter(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    let name = title(old);
    let side = Side::Request;
    if old["in"] == "path" && old["name"] != new["name"] {
        let what = format!(
            "have the {name} as {} now: generated clients take it by that name",
            new["name"]
        );
        notes.add(Class::Breaking, side, &name, what);
    }
    match (is_required(old), is_required(new)) {
        (false, true) => notes.add(Class::Breaking, side, &name, format!("must now have the {name}")),
        (true, false) => notes.add(
            Class::NonBreaking,
            side,
            &name,
            format!("may now leave out the {name}"),
        ),
        _ => {}
    }
    for (key, before, after) in encoding(old, new) {
        let what = format!("must have the {name} with `{key}` {after} (was {before})");
        notes.add(Class::Breaking, side, &name, what);
    }
    if !notes.documents.equal(&old["content"], &new["content"]) {
        let what = format!("can break, which can't be decided here: `content` of the {name} changed");
        notes.add(Class::Breaking, side, &name, what);
    }
    notes.annotate(
        side,
        &name,
        old,
        new,
        &["description", "example", "examples", "deprecated"],
    );
    let anything = json!(true);
    let schema = |parameter: &Value| {
        parameter
            .get("schema")
            .cloned()
            .unwrap_or_else(|| anything.clone())
    };
    let findings = schema::compare(
        notes.documents,
        side,
        &format!("the {name}"),
        &schema(old),
        &schema(new),
    );
    for finding in findings {
        let location = format!("{name} {}", finding.pointer);
        notes.add(finding.class, side, location.trim_end(), finding.what);
    }
}

/// The differences in the value's encoding, with OpenAPI's defaults filled in.
fn encoding(old: &Value, new: &Value) -> Vec<(&'static str, Value, Value)> {
    let style = |parameter: &Value| match parameter.get("style") {
        Some(style) => style.clone(),
        None if parameter["in"] == "query" || parameter["in"] == "cookie" => json!("form"),
        None => json!("simple"),
    };
    let explode = |parameter: &Value| match parameter.get("explode") {
        Some(explode) => explode.clone(),
        None => json!(style(parameter) == "form"),
    };
    let reserved = |parameter: &Value| json!(parameter.get("allowReserved") == Some(&json!(true)));
    let all = [
        ("style", style(old), style(new)),
        ("explode", explode(old), explode(new)),
        ("allowReserved", reserved(old), reserved(new)),
    ];
    all.into_iter()
        .filter(|(_, before, after)| before != after)
        .collect()
}
