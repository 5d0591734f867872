//! Adds types for `nullable`. In OpenAPI 3.0 it counts only beside a `type` (3.0.3, Schema Object, `nullable`). A schema of
//! references and choices gets the type that all of them have.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Writes the types into a converted document.
pub(super) fn state_types(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let named: HashMap<String, Value> = schemas
        .into_iter()
        .flatten()
        .filter_map(|(name, schema)| {
            Some((
                format!("#/components/schemas/{name}"),
                schema.get("type")?.clone(),
            ))
        })
        .collect();
    visit(document, &named);
}

fn visit(value: &mut Value, named: &HashMap<String, Value>) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| visit(member, named));
            if members.get("nullable") == Some(&Value::Bool(true))
                && !members.contains_key("type")
                && let Some(common) = common_type(members, named)
            {
                members.insert("type".to_owned(), common);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, named)),
        _ => {}
    }
}

fn common_type(schema: &Map<String, Value>, named: &HashMap<String, Value>) -> Option<Value> {
    let branches = ["allOf", "oneOf", "anyOf"]
        .iter()
        .filter_map(|choice| schema.get(*choice)?.as_array());
    let mut types = branches.flatten().map(|branch| match branch["$ref"].as_str() {
        Some(reference) => named.get(reference),
        None => branch.get("type"),
    });
    let first = types.next()??.clone();
    types.all(|other| other == Some(&first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_type_is_that_of_all_branches() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut document = json!({
            "components": {"schemas": {"A": {"type": "object"}, "B": {"type": "object"}, "C": {"type": "string"}}},
            "one": {"nullable": true, "allOf": [reference("A")]},
            "same": {"nullable": true, "oneOf": [reference("A"), reference("B"), {"type": "object"}]},
            "mixed": {"nullable": true, "oneOf": [reference("A"), reference("C")]},
            "unknown": {"nullable": true, "allOf": [reference("D")]},
            "plain": {"allOf": [reference("A")]}
        });
        state_types(&mut document);
        for (member, expected) in [
            ("one", json!("object")),
            ("same", json!("object")),
            ("mixed", json!(null)),
            ("unknown", json!(null)),
            ("plain", json!(null)),
        ] {
            assert_eq!(document[member]["type"], expected, "{member}");
        }
    }
}
