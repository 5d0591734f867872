//! An OpenAPI document as JSON, and how the tools read it.

pub mod pointer;

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value};

/// The media type of JSON:API.
pub const JSON_API: &str = "application/vnd.api+json";

/// The methods that a path item can hold, as OpenAPI spells them.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation and its place in the document.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// The path template, as in `paths`.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The Operation Object.
    pub value: &'a Value,
}

/// Reads a document in JSON.
///
/// # Errors
/// A file that can't be read, or isn't JSON.
pub fn read(file: &Path) -> anyhow::Result<Value> {
    let text = fs::read(file).with_context(|| file.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", file.display()))
}

/// All operations of `document` in its order.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, value) in members(item) {
            if METHODS.contains(&method.as_str()) {
                found.push(Operation { path, method, value });
            }
        }
    }
    found
}

/// The members of an object; none for anything else.
pub fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Follows local references (`#/…`) until a value without `$ref`.
///
/// # Errors
/// A reference that is not local, that points nowhere or that leads back to itself.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> anyhow::Result<&'a Value> {
    const LONGEST_CHAIN: usize = 32;
    for _ in 0..LONGEST_CHAIN {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return Ok(value);
        };
        let pointer = reference
            .strip_prefix('#')
            .with_context(|| format!("{reference} is not local"))?;
        value = document
            .pointer(pointer)
            .with_context(|| format!("{reference} points nowhere"))?;
    }
    anyhow::bail!("a chain of more than {LONGEST_CHAIN} references")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_leave_out_what_is_not_a_method() {
        let document =
            json!({"paths": {"/a": {"parameters": [], "get": {}, "post": {}}, "/b": {"summary": "b"}}});
        let found: Vec<_> = operations(&document).iter().map(|o| (o.path, o.method)).collect();
        assert_eq!(found, [("/a", "get"), ("/a", "post")]);
    }

    #[test]
    fn resolves_chains_and_refuses_loops() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"type": "string"}, "c": {"$ref": "#/c"}});
        assert_eq!(
            resolve(&document, &document["a"]).unwrap(),
            &json!({"type": "string"})
        );
        assert!(resolve(&document, &document["c"]).is_err());
        assert!(resolve(&document, &json!({"$ref": "#/nowhere"})).is_err());
        assert!(resolve(&document, &json!({"$ref": "other.json"})).is_err());
    }
}
