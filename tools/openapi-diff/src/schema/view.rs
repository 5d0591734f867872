//! A normal form of schemas, in which equal meanings mostly look equal: references followed, `const` as `enum`, `nullable` and
//! alternatives of different types as a list of types, `allOf` merged if its parts are independent.

use serde_json::{Map, Value, json};

use super::kinds::{self, Kind, Kinds};
use super::merge::both;
use crate::documents::target;

/// Depth to which references, `allOf` and alternatives are followed; deeper ones stay unchanged.
const DEEPEST: usize = 24;

/// Keywords that inform people or tools and don't affect values, except `default`, which has its own rule.
const ANNOTATIONS: [&str; 9] = [
    "title",
    "description",
    "example",
    "examples",
    "deprecated",
    "externalDocs",
    "xml",
    "$comment",
    "$defs",
];

/// A schema in its normal form.
#[derive(Debug, Clone)]
pub struct View {
    /// The types of the accepted values; empty if it accepts none.
    pub kinds: Kinds,
    /// The accepted values, if it lists them.
    pub values: Option<Vec<Value>>,
    /// All other assertions, by keyword. Subschemas are unchanged.
    pub keywords: Map<String, Value>,
    /// Its texts for people.
    pub annotations: Map<String, Value>,
    /// The references that were followed.
    pub references: Vec<String>,
}

impl View {
    /// A schema that accepts everything.
    fn any() -> Self {
        Self {
            kinds: kinds::all(),
            values: None,
            keywords: Map::new(),
            annotations: Map::new(),
            references: Vec::new(),
        }
    }

    /// The values of a schema that lists all of them.
    fn finite(&self) -> Option<Vec<Value>> {
        let null = self.kinds.iter().eq(&[Kind::Null]);
        self.values.clone().or_else(|| null.then(|| vec![Value::Null]))
    }
}

/// The normal form of `schema`, whose references lead into `document`.
pub fn view(document: &Value, schema: &Value) -> View {
    at_depth(document, schema, 0)
}

fn at_depth(document: &Value, schema: &Value, depth: usize) -> View {
    let mut view = View::any();
    let members = match schema {
        Value::Bool(false) => {
            view.kinds.clear();
            return view;
        }
        Value::Object(members) => members,
        _ => return view,
    };
    for (keyword, value) in members {
        match keyword.as_str() {
            "$ref" | "allOf" | "nullable" => {}
            "type" => restrict_kinds(&mut view, value),
            "const" => view.values = Some(vec![value.clone()]),
            "enum" => match value.as_array() {
                Some(values) if !members.contains_key("const") => view.values = Some(values.clone()),
                _ => {}
            },
            name if ANNOTATIONS.contains(&name) || name.starts_with("x-") => {
                view.annotations.insert(keyword.clone(), value.clone());
            }
            _ => {
                view.keywords.insert(keyword.clone(), value.clone());
            }
        }
    }
    if members.get("nullable") == Some(&json!(true)) && members.contains_key("type") {
        view.kinds.insert(Kind::Null);
    }
    if let Some(reference) = members.get("$ref") {
        follow(document, &mut view, reference, depth);
    }
    if let Some(parts) = members.get("allOf") {
        for part in parts.as_array().into_iter().flatten() {
            let other = (depth < DEEPEST).then(|| at_depth(document, part, depth + 1));
            join(&mut view, other, part);
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        alternatives(document, &mut view, keyword, depth);
    }
    if let Some(values) = &view.values {
        view.kinds
            .retain(|kind| values.iter().any(|value| kinds::of(value) == *kind));
    }
    view
}

fn restrict_kinds(view: &mut View, value: &Value) {
    match kinds::named(value) {
        Some(kinds) => view.kinds = kinds,
        // A malformed `type` is compared unchanged.
        None => {
            view.keywords.insert("type".to_owned(), value.clone());
        }
    }
}

fn follow(document: &Value, view: &mut View, reference: &Value, depth: usize) {
    let name = reference.as_str().unwrap_or_default();
    let found = target(document, name).filter(|_| depth < DEEPEST);
    let other = found.map(|schema| at_depth(document, schema, depth + 1));
    view.references.push(name.to_owned());
    join(view, other, &json!({"$ref": reference}));
}

/// Merges a part of `allOf` into the view; a part that doesn't merge stays separate.
fn join(view: &mut View, other: Option<View>, part: &Value) {
    if let Some(merged) = other.and_then(|other| both(view, other)) {
        *view = merged;
        return;
    }
    let parts = view.keywords.entry("allOf").or_insert_with(|| json!([]));
    if let Value::Array(parts) = parts {
        parts.push(part.clone());
    }
}

/// Merges alternatives into the view if they amount to a list of values, of types, or to a single schema.
fn alternatives(document: &Value, view: &mut View, keyword: &str, depth: usize) {
    let Some(Value::Array(branches)) = view.keywords.get(keyword) else {
        return;
    };
    if depth >= DEEPEST {
        return;
    }
    let views: Vec<_> = branches
        .iter()
        .map(|branch| at_depth(document, branch, depth + 1))
        .collect();
    let Some(mut united) = unite(views) else {
        return;
    };
    // If two alternatives have texts for people, both are kept.
    let spoken = std::mem::take(&mut united.annotations);
    let mut outer = view.clone();
    outer.keywords.remove(keyword);
    if let Some(mut merged) = both(&outer, united) {
        if !spoken.is_empty() {
            merged
                .annotations
                .insert(keyword.to_owned(), Value::Object(spoken));
        }
        *view = merged;
    }
}

/// One view of all alternatives, if they are so different that their keywords don't collide.
fn unite(views: Vec<View>) -> Option<View> {
    let mut views = views.into_iter();
    let first = views.next()?;
    if views.len() == 0 {
        return Some(first);
    }
    let mut united = first;
    label(&mut united, 0);
    for (index, mut next) in views.enumerate() {
        label(&mut next, index + 1);
        united = unite_two(united, next)?;
    }
    Some(united)
}

/// Files the annotations of an alternative under its own label, so that those of several don't collide.
fn label(view: &mut View, index: usize) {
    let said = std::mem::take(&mut view.annotations);
    if !said.is_empty() {
        let name = match view.values.as_deref() {
            Some([value]) => value.to_string(),
            _ => index.to_string(),
        };
        view.annotations.insert(name, Value::Object(said));
    }
}

fn unite_two(mut one: View, mut other: View) -> Option<View> {
    let listed = one.finite().zip(other.finite());
    one.values = if let Some((values, more)) = listed {
        let apart = values.iter().all(|value| !more.contains(value));
        if !(apart && one.keywords.is_empty() && other.keywords.is_empty()) {
            return None;
        }
        Some([values, more].concat())
    } else {
        // A list of values would also apply to the other's.
        if one.values.is_some() || other.values.is_some() || !one.kinds.is_disjoint(&other.kinds) {
            return None;
        }
        keep_to(&mut one, &other.kinds)?;
        keep_to(&mut other, &one.kinds)?;
        None
    };
    one.kinds.extend(other.kinds);
    one.keywords.extend(other.keywords);
    one.annotations.extend(other.annotations);
    one.references.extend(other.references);
    Some(one)
}

/// Keeps the keywords that apply to the view's own types; `None` if one would apply to the `other` types too.
fn keep_to(view: &mut View, other: &Kinds) -> Option<()> {
    let kinds = view.kinds.clone();
    let meets =
        |keyword: &str, kinds: &Kinds| kinds::of_keyword(keyword).iter().any(|kind| kinds.contains(kind));
    view.keywords.retain(|keyword, _| meets(keyword, &kinds));
    (!view.keywords.keys().any(|keyword| meets(keyword, other))).then_some(())
}
