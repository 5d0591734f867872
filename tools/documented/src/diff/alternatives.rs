//! A schema as a choice of alternatives, each without `$ref`, `oneOf`, `anyOf` and `allOf`.

use std::collections::BTreeSet;

use anyhow::ensure;
use serde_json::Value;

use openapi_document::resolve;

/// Schemas that hold together: `allOf` and keywords beside each other apply to one value.
#[derive(Clone, Default)]
pub struct Alternative<'a>(Vec<&'a Value>);

/// The alternatives that `schema` allows.
///
/// # Errors
/// A reference that doesn't resolve, or nesting and choices beyond any sensible schema.
pub fn alternatives<'a>(document: &'a Value, schema: &'a Value) -> anyhow::Result<Vec<Alternative<'a>>> {
    expand(document, schema, 0)
}

fn expand<'a>(document: &'a Value, schema: &'a Value, depth: usize) -> anyhow::Result<Vec<Alternative<'a>>> {
    const DEEPEST: usize = 32;
    const MOST: usize = 1024;
    ensure!(depth < DEEPEST, "a schema is nested more than {DEEPEST} deep");
    let mut result = vec![Alternative(vec![schema])];
    if schema.get("$ref").is_some() {
        let target = resolve(document, schema)?;
        result = product(result, expand(document, target, depth + 1)?);
    }
    for part in items(schema, "allOf") {
        result = product(result, expand(document, part, depth + 1)?);
    }
    for choice in ["oneOf", "anyOf"] {
        let mut branches = Vec::new();
        for branch in items(schema, choice) {
            branches.extend(expand(document, branch, depth + 1)?);
        }
        if !branches.is_empty() {
            result = product(result, branches);
        }
        ensure!(result.len() <= MOST, "a schema has more than {MOST} alternatives");
    }
    Ok(result)
}

fn items<'a>(schema: &'a Value, keyword: &str) -> &'a [Value] {
    schema
        .get(keyword)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn product<'a>(left: Vec<Alternative<'a>>, right: Vec<Alternative<'a>>) -> Vec<Alternative<'a>> {
    let join = |a: &Alternative<'a>, b: &Alternative<'a>| Alternative([a.0.as_slice(), &b.0].concat());
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| join(a, b)));
    // A schema that demands two types of one value admits no value.
    pairs
        .filter(|alternative| alternative.types().is_none_or(|types| !types.is_empty()))
        .collect()
}

impl<'a> Alternative<'a> {
    /// The JSON types that the alternative admits; `None` when it names none.
    pub fn types(&self) -> Option<BTreeSet<&'a str>> {
        let mut types: Option<BTreeSet<&str>> = None;
        for named in self.0.iter().filter_map(|schema| named_types(schema)) {
            types = Some(match types {
                Some(before) => before.intersection(&named).copied().collect(),
                None => named,
            });
        }
        types
    }

    /// The schemas that hold together.
    pub fn schemas(&self) -> &[&'a Value] {
        &self.0
    }

    /// Whether it admits null and nothing else.
    pub fn is_null(&self) -> bool {
        self.types().is_some_and(|types| types.into_iter().eq(["null"]))
    }

    /// The schemas of the property `name`; empty if it isn't declared.
    pub fn property(&self, name: &str) -> Vec<&'a Value> {
        self.0
            .iter()
            .filter_map(|schema| schema.get("properties")?.get(name))
            .collect()
    }

    /// Whether it declares an object's properties.
    pub fn declares_properties(&self) -> bool {
        self.0.iter().any(|schema| schema.get("properties").is_some())
    }

    /// The names of the properties that it declares.
    pub fn property_names(&self) -> BTreeSet<&'a str> {
        let declared = self
            .0
            .iter()
            .filter_map(|schema| schema.get("properties")?.as_object());
        declared
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect()
    }

    /// The names that an object must have.
    pub fn required(&self) -> BTreeSet<&'a str> {
        self.0
            .iter()
            .flat_map(|schema| items(schema, "required"))
            .filter_map(Value::as_str)
            .collect()
    }
}

/// The alternatives of several schemas that hold together.
fn joined<'a>(document: &'a Value, schemas: &[&'a Value]) -> anyhow::Result<Vec<Alternative<'a>>> {
    schemas
        .iter()
        .try_fold(vec![Alternative::default()], |before, schema| {
            Ok(product(before, alternatives(document, schema)?))
        })
}

/// The alternatives of the property `name` over all `parents` that declare it.
pub fn property<'a>(
    document: &'a Value,
    parents: &[Alternative<'a>],
    name: &str,
) -> anyhow::Result<Vec<Alternative<'a>>> {
    let mut found = Vec::new();
    for schemas in parents
        .iter()
        .map(|parent| parent.property(name))
        .filter(|schemas| !schemas.is_empty())
    {
        found.extend(joined(document, &schemas)?);
    }
    Ok(found)
}

/// The alternatives of the items over all `parents` that declare them.
pub fn array_items<'a>(
    document: &'a Value,
    parents: &[Alternative<'a>],
) -> anyhow::Result<Vec<Alternative<'a>>> {
    let mut found = Vec::new();
    for parent in parents {
        let schemas: Vec<&Value> = parent.0.iter().filter_map(|schema| schema.get("items")).collect();
        if !schemas.is_empty() {
            found.extend(joined(document, &schemas)?);
        }
    }
    Ok(found)
}

/// The alternatives that admit more than null.
pub fn without_null<'a>(alternatives: &[Alternative<'a>]) -> Vec<Alternative<'a>> {
    alternatives
        .iter()
        .filter(|alternative| !alternative.is_null())
        .cloned()
        .collect()
}

/// Whether one of `alternatives` admits `value`.
///
/// # Errors
/// A schema that doesn't compile.
pub fn admits(document: &Value, alternatives: &[Alternative<'_>], value: &Value) -> anyhow::Result<bool> {
    for alternative in alternatives {
        let schema = serde_json::json!({"allOf": alternative.schemas()});
        if validator(document, &schema)?.is_valid(value) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A validator for `schema`, whose references point into `document`.
///
/// # Errors
/// A schema that doesn't compile.
pub fn validator(document: &Value, schema: &Value) -> anyhow::Result<jsonschema::Validator> {
    let whole = serde_json::json!({"allOf": [schema], "components": document["components"]});
    jsonschema::draft202012::new(&whole).map_err(|error| anyhow::anyhow!("{error}"))
}

/// Whether no object can be without `name`.
pub fn requires(parents: &[Alternative<'_>], name: &str) -> bool {
    parents
        .iter()
        .filter(|parent| !parent.is_null())
        .all(|parent| parent.required().contains(name))
}

/// The types that `alternatives` admit, sorted; `any` stands for one that names none.
pub fn type_names<'a>(alternatives: &[Alternative<'a>]) -> Vec<&'a str> {
    let mut names = Vec::new();
    for alternative in alternatives {
        match alternative.types() {
            Some(types) => names.extend(types),
            None => names.push("any"),
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn named_types(schema: &Value) -> Option<BTreeSet<&str>> {
    match (schema.get("type"), schema.get("const"), schema.get("enum")) {
        (Some(Value::String(name)), ..) => Some(BTreeSet::from([name.as_str()])),
        (Some(Value::Array(names)), ..) => Some(names.iter().filter_map(Value::as_str).collect()),
        (None, Some(value), _) => Some(BTreeSet::from([type_of(value)])),
        (None, None, Some(Value::Array(values))) => Some(values.iter().map(type_of).collect()),
        _ => None,
    }
}

/// The JSON type of a value.
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn types(schema: &Value) -> Vec<Vec<&str>> {
        let found = alternatives(&Value::Null, schema).unwrap();
        found
            .iter()
            .map(|alternative| alternative.types().into_iter().flatten().collect())
            .collect()
    }

    #[test]
    fn choices_multiply_and_conjunctions_narrow() {
        assert_eq!(types(&json!({"type": ["string", "null"]})), [["null", "string"]]);
        assert_eq!(
            types(&json!({"oneOf": [{"type": "null"}, {"const": 1}]})),
            [["null"], ["integer"]]
        );
        assert_eq!(
            types(&json!({"type": ["string", "null"], "allOf": [{"type": "string"}]})),
            [["string"]]
        );
        assert_eq!(types(&json!({"enum": ["a", null]})), [["null", "string"]]);
        assert_eq!(types(&json!({})), [[""; 0]]);
        let narrowed = json!({"type": "string", "oneOf": [{"type": "null"}, {"maxLength": 3}]});
        assert_eq!(types(&narrowed), [["string"]]);
    }

    #[test]
    fn a_schema_that_holds_itself_is_refused() {
        let document = json!({"a": {"allOf": [{"$ref": "#/a"}]}});
        assert!(alternatives(&document, &document["a"]).is_err());
    }

    #[test]
    fn properties_come_from_every_part() {
        let document = json!({"a": {"properties": {"x": {"type": "string"}}, "required": ["x"]}});
        let schema = json!({"allOf": [{"$ref": "#/a"}], "properties": {"y": {}}, "required": ["y"]});
        let found = alternatives(&document, &schema).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].property("x"), [&json!({"type": "string"})]);
        assert_eq!(found[0].property("z").len(), 0);
        assert_eq!(found[0].required().into_iter().collect::<Vec<_>>(), ["x", "y"]);
    }
}
