//! The callers of an operation, and their authentication.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use openapi_document::members;

use super::change::{Class, Side};
use super::comparison::Notes;
use super::documents::{Documents, followed};

/// One alternative of the requirements: schemes, each with its scopes.
type Way = BTreeMap<String, BTreeSet<String>>;

/// Compares the security requirements of two operations.
pub fn compare(notes: &mut Notes<'_>, old: &Value, new: &Value) {
    let documents = notes.documents;
    let before = ways(documents.old, old);
    let after = ways(documents.new, new);
    // A caller with more scopes than required still has access.
    let enough = |held: &Way, asked: &Way| {
        asked
            .iter()
            .all(|(scheme, scopes)| held.get(scheme).is_some_and(|held| scopes.is_subset(held)))
    };
    for held in before
        .iter()
        .filter(|held| !after.iter().any(|asked| enough(held, asked)))
    {
        let all: Vec<_> = after.iter().map(text).collect();
        let what = format!("no longer lets in {}; it takes {}", text(held), all.join(", or "));
        notes.add(Class::Breaking, Side::Operation, "security", what);
    }
    for asked in after
        .iter()
        .filter(|asked| !before.iter().any(|earlier| enough(asked, earlier)))
    {
        let what = format!("also lets in {}", text(asked));
        notes.add(Class::NonBreaking, Side::Operation, "security", what);
    }
    let schemes: BTreeSet<_> = before.iter().flat_map(Way::keys).collect();
    for scheme in schemes
        .into_iter()
        .filter(|scheme| after.iter().any(|way| way.contains_key(*scheme)))
    {
        of_scheme(notes, documents, scheme);
    }
}

/// The alternatives of an operation; the empty one is open to all.
fn ways(document: &Value, operation: &Value) -> Vec<Way> {
    let security = operation.get("security").or_else(|| document.get("security"));
    let ways: Vec<Way> = security
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|way| {
            members(way)
                .map(|(scheme, scopes)| (scheme.clone(), words(scopes)))
                .collect()
        })
        .collect();
    if ways.is_empty() { vec![Way::new()] } else { ways }
}

fn words(value: &Value) -> BTreeSet<String> {
    let words = value.as_array().into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(way: &Way) -> String {
    if way.is_empty() {
        return "callers without credentials".to_owned();
    }
    let schemes = way.iter().map(|(scheme, scopes)| {
        if scopes.is_empty() {
            format!("`{scheme}`")
        } else {
            let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
            format!("`{scheme}` with `{}`", scopes.join(" "))
        }
    });
    schemes.collect::<Vec<_>>().join(" and ")
}

/// Compares the scheme itself: how clients authenticate with it.
fn of_scheme(notes: &mut Notes<'_>, documents: &Documents<'_>, name: &str) {
    let find = |document| scheme(document, name);
    let (Some(before), Some(after)) = (find(documents.old), find(documents.new)) else {
        if find(documents.old).is_some() {
            let what = format!("can break: the document no longer says what `{name}` is");
            notes.add(Class::Breaking, Side::Operation, "security", what);
        }
        return;
    };
    if essence(before) != essence(after) {
        let what =
            format!("takes `{name}` in another way: clients must prove themselves as it is described now");
        notes.add(Class::Breaking, Side::Operation, "security", what);
    }
    let (held, offered) = (scopes(before), scopes(after));
    for scope in held.difference(&offered) {
        let what = format!("no longer knows the scope `{scope}` of `{name}`");
        notes.add(Class::Breaking, Side::Operation, "security", what);
    }
    for scope in offered.difference(&held) {
        let what = format!("knows the scope `{scope}` of `{name}`");
        notes.add(Class::NonBreaking, Side::Operation, "security", what);
    }
    if essence(before) == essence(after) && held == offered && before != after {
        let what = format!("has other texts on `{name}`");
        notes.add(Class::Annotation, Side::Operation, "security", what);
    }
}

fn scheme<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    let scheme = document.get("components")?.get("securitySchemes")?.get(name)?;
    Some(followed(document, scheme))
}

/// The scheme without texts and scopes.
fn essence(scheme: &Value) -> Value {
    let mut bare: Map<_, _> = members(scheme)
        .filter(|(key, _)| !["description", "bearerFormat"].contains(&key.as_str()) && !key.starts_with("x-"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(Value::Object(flows)) = bare.get_mut("flows") {
        for flow in flows.values_mut().filter_map(Value::as_object_mut) {
            flow.remove("scopes");
        }
    }
    Value::Object(bare)
}

/// Scopes of all flows, each with the flow's name.
fn scopes(scheme: &Value) -> BTreeSet<String> {
    let flows = members(&scheme["flows"]);
    flows
        .flat_map(|(flow, value)| members(&value["scopes"]).map(move |(scope, _)| format!("{flow}: {scope}")))
        .collect()
}
