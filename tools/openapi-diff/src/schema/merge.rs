//! Merges two normal forms, like `allOf`.

use serde_json::{Map, Value, json};

use super::bounds::{tighter_lower, tighter_upper};
use super::view::View;

/// A view of the values that `one` and `other` both accept; `None` if one list of keywords can't express them. Annotations of
/// `one` win.
pub fn both(one: &View, other: View) -> Option<View> {
    if closes_over(one, &other) || closes_over(&other, one) {
        return None;
    }
    let mut merged = one.clone();
    merged.kinds.retain(|kind| other.kinds.contains(kind));
    merged.values = match (merged.values, other.values) {
        (Some(values), Some(more)) => Some(values.into_iter().filter(|value| more.contains(value)).collect()),
        (values, more) => values.or(more),
    };
    for (keyword, value) in other.keywords {
        let value = match merged.keywords.get(&keyword) {
            None => value,
            Some(present) if *present == value => continue,
            Some(present) => together(&keyword, present, &value)?,
        };
        merged.keywords.insert(keyword, value);
    }
    for (keyword, value) in other.annotations {
        merged.annotations.entry(keyword).or_insert(value);
    }
    merged.references.extend(other.references);
    Some(merged)
}

/// `additionalProperties` applies to the properties of its own schema only, so it doesn't merge with another one's.
fn closes_over(closing: &View, other: &View) -> bool {
    let closed = |keyword| {
        closing
            .keywords
            .get(keyword)
            .is_some_and(|value| *value != json!(true))
    };
    let named = ["properties", "patternProperties"].iter().any(|keyword| {
        other.keywords.get(*keyword).is_some()
            && other.keywords.get(*keyword) != closing.keywords.get(*keyword)
    });
    (closed("additionalProperties") && named) || closed("unevaluatedProperties") || closed("unevaluatedItems")
}

fn together(keyword: &str, one: &Value, other: &Value) -> Option<Value> {
    match keyword {
        "properties" => Some(properties(one.as_object()?, other.as_object()?)),
        "required" => {
            let mut names = one.as_array()?.clone();
            names.extend(other.as_array()?.iter().cloned());
            Some(Value::Array(names))
        }
        "items" => Some(json!({"allOf": [one, other]})),
        "minimum" | "minLength" | "minItems" | "minProperties" => tighter_lower(one, other),
        "maximum" | "maxLength" | "maxItems" | "maxProperties" => tighter_upper(one, other),
        "uniqueItems" => Some(json!(one.as_bool()? || other.as_bool()?)),
        // The document does not say which of two defaults holds; the outer one is nearer to the reader.
        "default" => Some(one.clone()),
        _ => None,
    }
}

fn properties(one: &Map<String, Value>, other: &Map<String, Value>) -> Value {
    let mut merged = one.clone();
    for (name, schema) in other {
        let schema = match merged.get(name) {
            Some(present) if present != schema => json!({"allOf": [present, schema]}),
            _ => schema.clone(),
        };
        merged.insert(name.clone(), schema);
    }
    Value::Object(merged)
}

#[cfg(test)]
mod tests {
    use super::super::view::view;
    use super::*;

    fn keywords(schema: &Value) -> Value {
        Value::Object(view(&json!({}), schema).keywords)
    }

    #[test]
    fn parts_that_are_independent_merge() {
        let merged = keywords(&json!({"allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "maxProperties": 9},
            {"properties": {"a": {"maxLength": 3}, "b": true}, "maxProperties": 5},
        ]}));
        let a = json!({"allOf": [{"type": "string"}, {"maxLength": 3}]});
        assert_eq!(
            merged,
            json!({"properties": {"a": a, "b": true}, "required": ["a"], "maxProperties": 5})
        );
    }

    #[test]
    fn a_closed_part_stays_a_part() {
        let closed = json!({"properties": {"b": true}, "additionalProperties": false});
        let merged = keywords(&json!({"properties": {"a": true}, "allOf": [closed]}));
        assert_eq!(merged["allOf"], json!([closed]));
    }
}
