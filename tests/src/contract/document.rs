//! Finding operations and responses in an OpenAPI document.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// What stays as it is in the fragment of a URI that holds a JSON pointer.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'~')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'+');

/// A document, indexed by path.
pub(super) struct Document {
    root: Value,
    operations: Vec<Operation>,
}

/// An operation and where it stands.
pub(super) struct Operation {
    pub id: String,
    method: String,
    template: String,
    pointer: String,
}

/// A declared response of an operation: JSON pointers to its schemas by media type, `None` without a body.
pub(super) struct Response(Option<BTreeMap<String, Option<String>>>);

impl Document {
    pub fn new(root: Value) -> Result<Self> {
        let paths = root["paths"].as_object().context("the document has no paths")?;
        let mut operations = Vec::new();
        for (template, item) in paths {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let id = operation["operationId"].as_str();
                operations.push(Operation {
                    id: id
                        .with_context(|| format!("{method} {template} has no operationId"))?
                        .to_owned(),
                    method: method.to_uppercase(),
                    template: template.clone(),
                    pointer: format!("/paths/{}/{method}", escape(template)),
                });
            }
        }
        Ok(Self { root, operations })
    }

    /// The operation of a request; among several, the one whose template has the fewest parameters.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .filter(|operation| operation.method == method && matches(&operation.template, path))
            .min_by_key(|operation| operation.template.matches('{').count())
    }

    /// Whether some method of this path is declared.
    pub fn has_path(&self, path: &str) -> bool {
        self.operations
            .iter()
            .any(|operation| matches(&operation.template, path))
    }

    /// Some operation that declares `status` with a body.
    pub fn any_operation_with(&self, status: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| {
            let pointer = format!("{}/responses/{status}", operation.pointer);
            self.root.pointer(&pointer).is_some()
        })
    }

    /// The declared response of `operation` for a status: by number, by class (`4XX`), or the default.
    pub fn response(&self, operation: &Operation, status: u16) -> Result<Response> {
        let candidates = [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ];
        let pointer = candidates
            .iter()
            .map(|key| format!("{}/responses/{key}", operation.pointer))
            .find(|pointer| self.root.pointer(pointer).is_some())
            .with_context(|| format!("status {status} is not declared"))?;
        let pointer = self.follow(pointer)?;
        let content = self
            .root
            .pointer(&format!("{pointer}/content"))
            .and_then(Value::as_object);
        Ok(Response(content.map(|content| {
            let schema_of = |media_type: &str| format!("{pointer}/content/{}/schema", escape(media_type));
            content
                .iter()
                .map(|(media_type, body)| {
                    (
                        media_type.clone(),
                        body.get("schema").map(|_| schema_of(media_type)),
                    )
                })
                .collect()
        })))
    }

    /// The pointer that a chain of `$ref`s starting at `pointer` ends at.
    fn follow(&self, mut pointer: String) -> Result<String> {
        // A chain longer than this is a circle.
        for _ in 0..8 {
            let Some(reference) = self
                .root
                .pointer(&pointer)
                .and_then(|value| value["$ref"].as_str())
            else {
                return Ok(pointer);
            };
            reference
                .strip_prefix('#')
                .with_context(|| format!("{reference} leads out of the document"))?
                .clone_into(&mut pointer);
        }
        anyhow::bail!("the references from {pointer} don't end")
    }
}

impl Response {
    /// JSON pointers to the schemas by media type; `None` when no body is declared.
    pub fn media_types(&self) -> Option<&BTreeMap<String, Option<String>>> {
        self.0.as_ref()
    }
}

/// Whether a request's path is an instance of a template such as `/api/orders/{id}`.
fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(expected, actual)| {
            if expected.starts_with('{') {
                !actual.is_empty()
            } else {
                expected == actual
            }
        })
}

/// A member name as one token of a JSON pointer (RFC 6901).
fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// A JSON pointer as the fragment of a URI.
pub(super) fn as_fragment(pointer: &str) -> String {
    utf8_percent_encode(pointer, FRAGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_wins_over_a_parameter() {
        let operation = |id: &str| serde_json::json!({ "get": { "operationId": id, "responses": {} } });
        let document = Document::new(serde_json::json!({ "paths": {
            "/api/{type}/{id}": operation("any"),
            "/api/orders/{id}": operation("order"),
        } }))
        .expect("the document is well formed");
        assert_eq!(
            document
                .operation("GET", "/api/orders/x")
                .map(|found| found.id.as_str()),
            Some("order")
        );
        assert_eq!(
            document
                .operation("GET", "/api/markets/x")
                .map(|found| found.id.as_str()),
            Some("any")
        );
        assert!(document.operation("POST", "/api/orders/x").is_none());
        assert!(document.has_path("/api/orders/x"));
        assert!(!document.has_path("/api/orders/x/y"));
        assert!(!document.has_path("/api/orders/"));
    }
}
