//! Schemas: from JSON Schema 2020-12 to the Schema Object of OpenAPI 3.0.3.

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::{list, map};
use crate::pointer::child;

type Keywords = Map<String, Value>;

/// Keywords that both versions write alike, or that are rewritten after all others.
const SAME: [&str; 27] = [
    "$ref",
    "type",
    "title",
    "description",
    "default",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
    "enum",
    "readOnly",
    "writeOnly",
    "deprecated",
    "discriminator",
    "externalDocs",
    "contentEncoding",
];

/// Constraints that 3.0 can't express; without them a schema accepts more, not less.
const LOST: [&str; 12] = [
    "patternProperties",
    "propertyNames",
    "if",
    "then",
    "else",
    "dependentRequired",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedProperties",
    "contentMediaType",
    "contentSchema",
];

/// `schema` in 3.0's terms. Values that it admits stay admitted; constraints that 3.0 lacks become `x-` extensions.
///
/// # Errors
/// A keyword that isn't known, or one that has no form in 3.0, with the pointer `at` in the document.
pub fn convert(schema: &Value, at: &str) -> anyhow::Result<Value> {
    let keywords = match schema {
        Value::Bool(true) => return Ok(json!({})),
        Value::Bool(false) => return Ok(json!({"not": {}})),
        Value::Object(keywords) => keywords,
        _ => bail!("{at} is no schema"),
    };
    let mut converted = Keywords::new();
    for (keyword, value) in keywords {
        convert_keyword(keyword, value, &child(at, keyword), &mut converted)?;
    }
    exclusive_bound(
        &mut converted,
        at,
        "exclusiveMinimum",
        "minimum",
        |bound, limit| limit > bound,
    )?;
    exclusive_bound(
        &mut converted,
        at,
        "exclusiveMaximum",
        "maximum",
        |bound, limit| limit < bound,
    )?;
    pattern_properties(&mut converted, at)?;
    content_encoding(&mut converted, at)?;
    null_branch(&mut converted, at)?;
    types(&mut converted, at)?;
    if converted.get("type") == Some(&json!("array")) {
        converted.entry("items").or_insert_with(|| json!({}));
    }
    Ok(Value::Object(reference_alone(converted)))
}

/// The rules that need one keyword only.
fn convert_keyword(keyword: &str, value: &Value, at: &str, converted: &mut Keywords) -> anyhow::Result<()> {
    let value = match keyword {
        // An empty list means nothing, and 3.0 forbids it.
        "required" if value.as_array().is_some_and(Vec::is_empty) => return Ok(()),
        same if SAME.contains(&same) => value.clone(),
        extension if extension.starts_with("x-") => value.clone(),
        "example" | "xml" => value.clone(),
        "$schema" | "$comment" => return Ok(()),
        "const" => {
            ensure!(
                converted.insert("enum".to_owned(), json!([value])).is_none(),
                "{at} stands beside an enum"
            );
            return Ok(());
        }
        "examples" => {
            if let Some(first) = value
                .as_array()
                .with_context(|| format!("{at} is no array"))?
                .first()
            {
                converted.entry("example").or_insert_with(|| first.clone());
            }
            return Ok(());
        }
        "properties" => map(value, at, convert)?,
        "anyOf" | "oneOf" => list(value, at, branch)?,
        "allOf" => list(value, at, convert)?,
        "items" => convert(value, at)?,
        "not" => {
            let refused = convert(value, at)?;
            // A wider schema inside of `not` is narrower outside.
            ensure!(
                !has_lost(&refused),
                "{at} has a constraint that OpenAPI 3.0 can't express"
            );
            refused
        }
        "additionalProperties" if value.is_boolean() => value.clone(),
        "additionalProperties" => convert(value, at)?,
        lost if LOST.contains(&lost) => {
            converted.insert(format!("x-{keyword}"), value.clone());
            return Ok(());
        }
        _ => bail!("{at}: don't know how to write this keyword in OpenAPI 3.0"),
    };
    let present = converted.insert(keyword.to_owned(), value);
    ensure!(
        present.is_none() || keyword == "example",
        "{at} stands beside a const"
    );
    Ok(())
}

/// A branch of a choice; the one that admits null is left for [`null_branch`].
fn branch(schema: &Value, at: &str) -> anyhow::Result<Value> {
    let only_null = schema["type"] == "null" || schema.get("const").is_some_and(Value::is_null);
    if only_null {
        Ok(json!({"type": "null"}))
    } else {
        convert(schema, at)
    }
}

/// Whether a constraint of `schema` exists as an extension only.
fn has_lost(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.starts_with("x-") || has_lost(value)),
        Value::Array(items) => items.iter().any(has_lost),
        _ => false,
    }
}

/// A bound of its own in 3.1, a flag on the other bound in 3.0. `stricter` says whether the limit makes the bound superfluous.
fn exclusive_bound(
    converted: &mut Keywords,
    at: &str,
    exclusive: &str,
    inclusive: &str,
    stricter: impl Fn(f64, f64) -> bool,
) -> anyhow::Result<()> {
    let Some(bound) = converted.remove(exclusive) else {
        return Ok(());
    };
    let number = bound
        .as_f64()
        .with_context(|| format!("{at}/{exclusive} is no number"))?;
    let limit = converted.get(inclusive).and_then(Value::as_f64);
    if !limit.is_some_and(|limit| stricter(number, limit)) {
        converted.insert(inclusive.to_owned(), bound);
        converted.insert(exclusive.to_owned(), json!(true));
    }
    Ok(())
}

/// 3.0 has no patterns for names: if other members are restricted, they may have any of the patterns' schemas.
fn pattern_properties(converted: &mut Keywords, at: &str) -> anyhow::Result<()> {
    let at = child(at, "patternProperties");
    let Some(patterns) = converted.get("x-patternProperties").and_then(Value::as_object) else {
        return Ok(());
    };
    let mut choices = Vec::new();
    for (pattern, schema) in patterns {
        choices.push(convert(schema, &child(&at, pattern))?);
    }
    match converted.get("additionalProperties") {
        None | Some(Value::Bool(true)) => return Ok(()),
        Some(Value::Bool(false)) => {}
        Some(other) => choices.push(other.clone()),
    }
    let others = if choices.len() == 1 {
        choices.remove(0)
    } else {
        json!({"anyOf": choices})
    };
    converted.insert("additionalProperties".to_owned(), others);
    Ok(())
}

fn content_encoding(converted: &mut Keywords, at: &str) -> anyhow::Result<()> {
    if let Some(encoding) = converted.remove("contentEncoding") {
        ensure!(
            encoding == "base64",
            "{at}: OpenAPI 3.0 has no content encoding {encoding}"
        );
        converted.insert("format".to_owned(), json!("byte"));
    }
    Ok(())
}

/// A choice with null becomes `nullable`. On a reference 3.0.3 leaves the meaning of `nullable` open; its tools read it as meant
/// here.
fn null_branch(converted: &mut Keywords, at: &str) -> anyhow::Result<()> {
    for choice in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = converted.get(choice) else {
            continue;
        };
        let mut others: Vec<Value> = branches
            .iter()
            .filter(|branch| branch["type"] != "null")
            .cloned()
            .collect();
        if others.len() == branches.len() {
            continue;
        }
        if others.len() == 1 {
            converted.remove(choice);
            merge(converted, others.remove(0));
        } else {
            ensure!(
                !others.is_empty(),
                "{at}/{choice}: OpenAPI 3.0 has no schema for null alone"
            );
            converted.insert(choice.to_owned(), Value::Array(others));
        }
        converted.insert("nullable".to_owned(), json!(true));
        if let Some(Value::Array(values)) = converted.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    Ok(())
}

/// Puts the keywords of `branch` beside those of `converted`, whose annotations win.
fn merge(converted: &mut Keywords, branch: Value) {
    const ANNOTATIONS: [&str; 5] = ["title", "description", "default", "example", "deprecated"];
    let Value::Object(mut branch) = branch else {
        return;
    };
    branch.retain(|keyword, _| !(ANNOTATIONS.contains(&keyword.as_str()) && converted.contains_key(keyword)));
    if branch.keys().any(|keyword| converted.contains_key(keyword)) {
        all_of(converted, Value::Object(branch));
    } else {
        converted.extend(branch);
    }
}

fn all_of(converted: &mut Keywords, schema: Value) {
    if let Value::Array(parts) = converted.entry("allOf").or_insert_with(|| json!([])) {
        parts.push(schema);
    }
}

/// One type and `nullable` instead of an array of types.
fn types(converted: &mut Keywords, at: &str) -> anyhow::Result<()> {
    let Some(named) = converted.get("type") else {
        return Ok(());
    };
    ensure!(named != "null", "{at}: OpenAPI 3.0 has no schema for null alone");
    let Value::Array(named) = named else {
        return Ok(());
    };
    let nullable = named.iter().any(|name| name == "null");
    let types: Vec<Value> = named.iter().filter(|name| *name != "null").cloned().collect();
    match types.as_slice() {
        [] => bail!("{at}: OpenAPI 3.0 has no schema for null alone"),
        [one] => {
            converted.insert("type".to_owned(), one.clone());
            if nullable {
                converted.insert("nullable".to_owned(), json!(true));
            }
        }
        several => {
            let choices: Vec<_> = several.iter().map(|name| one_type(name, nullable)).collect();
            converted.remove("type");
            all_of(converted, json!({"anyOf": choices}));
        }
    }
    Ok(())
}

fn one_type(name: &Value, nullable: bool) -> Value {
    let mut schema = json!({"type": name});
    if nullable {
        schema["nullable"] = json!(true);
    }
    if name == "array" {
        schema["items"] = json!({});
    }
    schema
}

/// In 3.0 keywords beside a reference are ignored; `allOf` holds it then.
fn reference_alone(mut converted: Keywords) -> Keywords {
    if converted.len() > 1
        && let Some(reference) = converted.remove("$ref")
    {
        all_of(&mut converted, json!({"$ref": reference}));
    }
    converted
}
