//! Finds operations, parameters, bodies and responses in an OpenAPI document.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// JSON pointers to the schemas of a body by media type; `None` for a media type without one.
pub type Content = BTreeMap<String, Option<String>>;

/// A document, indexed by path.
pub struct Document {
    root: Value,
    operations: Vec<Operation>,
}

/// An operation and its place in the document.
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    method: String,
    template: String,
    pointer: String,
}

/// A declared parameter.
pub struct Parameter<'a> {
    pub name: &'a str,
    /// `path`, `query` or `header`.
    pub place: &'a str,
    pub required: bool,
    pub schema: Option<ParameterSchema<'a>>,
}

/// The place of a parameter's schema.
pub struct ParameterSchema<'a> {
    pub pointer: String,
    pub value: &'a Value,
}

/// A declared request body.
pub struct RequestBody {
    pub required: bool,
    pub content: Content,
}

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

    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .filter(|operation| operation.method == method && matches(&operation.template, path))
            .min_by_key(|operation| operation.template.matches('{').count())
    }

    pub fn has_path(&self, path: &str) -> bool {
        self.operations
            .iter()
            .any(|operation| matches(&operation.template, path))
    }

    /// Methods of the operations on this path.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let on_path = self
            .operations
            .iter()
            .filter(|operation| matches(&operation.template, path));
        on_path.map(|operation| operation.method.as_str()).collect()
    }

    pub fn any_operation_with(&self, status: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| {
            let pointer = format!("{}/responses/{status}", operation.pointer);
            self.root.pointer(&pointer).is_some()
        })
    }

    /// The codes that an operation lists in `x-error-codes` for errors of a status.
    pub fn error_codes(&self, operation: &Operation, status: &str) -> Vec<&str> {
        let pointer = format!("{}/x-error-codes/{status}", operation.pointer);
        let codes = self.root.pointer(&pointer).and_then(Value::as_array);
        codes.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Pointer to the declared response of `operation` for a status: by number, by class (`4XX`), or the default.
    pub fn response(&self, operation: &Operation, status: u16) -> Result<String> {
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
        self.follow(pointer)
    }

    /// The parameters of an operation, with those of its path.
    pub fn parameters(&self, operation: &Operation) -> Result<Vec<Parameter<'_>>> {
        let item = operation.pointer.rsplit_once('/').map_or("", |(item, _)| item);
        let mut parameters = Vec::new();
        for list in [
            format!("{}/parameters", operation.pointer),
            format!("{item}/parameters"),
        ] {
            let count = self
                .root
                .pointer(&list)
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                let pointer = self.follow(format!("{list}/{index}"))?;
                let declared = self.root.pointer(&pointer).context("a parameter is gone")?;
                parameters.push(Parameter {
                    name: declared["name"].as_str().unwrap_or_default(),
                    place: declared["in"].as_str().unwrap_or_default(),
                    required: declared["required"] == true,
                    schema: declared.get("schema").map(|value| ParameterSchema {
                        pointer: format!("{pointer}/schema"),
                        value,
                    }),
                });
            }
        }
        Ok(parameters)
    }

    /// The request body of an operation.
    pub fn request_body(&self, operation: &Operation) -> Result<Option<RequestBody>> {
        let pointer = format!("{}/requestBody", operation.pointer);
        if self.root.pointer(&pointer).is_none() {
            return Ok(None);
        }
        let pointer = self.follow(pointer)?;
        let required = self.root.pointer(&format!("{pointer}/required")) == Some(&Value::Bool(true));
        Ok(self
            .content(&pointer)
            .map(|content| RequestBody { required, content }))
    }

    /// The media types of the request body or response at a pointer.
    pub fn content(&self, pointer: &str) -> Option<Content> {
        let content = self.root.pointer(&format!("{pointer}/content"))?.as_object()?;
        let schema_of = |media_type: &str| format!("{pointer}/content/{}/schema", escape(media_type));
        let by_type = content.iter().map(|(media_type, body)| {
            let schema = body.get("schema").map(|_| schema_of(media_type));
            (media_type.clone(), schema)
        });
        Some(by_type.collect())
    }

    /// Whether requests of an operation need credentials.
    pub fn is_secured(&self, operation: &Operation) -> bool {
        let own = self.root.pointer(&format!("{}/security", operation.pointer));
        let alternatives = own.or_else(|| self.root.get("security"));
        let alternatives = alternatives.and_then(Value::as_array);
        alternatives.is_some_and(|all| {
            let is_open = |one: &Value| one.as_object().is_some_and(serde_json::Map::is_empty);
            !all.is_empty() && !all.iter().any(is_open)
        })
    }

    /// The pointer that a chain of `$ref`s starting at `pointer` ends at.
    fn follow(&self, mut pointer: String) -> Result<String> {
        // A longer chain is a circle.
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

impl Operation {
    /// The value of a parameter in a path, still encoded.
    pub(crate) fn path_value<'a>(&self, path: &'a str, name: &str) -> Option<&'a str> {
        let placeholder = format!("{{{name}}}");
        let mut segments = self.template.split('/').zip(path.split('/'));
        let (_, value) = segments.find(|(expected, _)| *expected == placeholder)?;
        Some(value)
    }
}

/// Whether bodies of a media type are JSON.
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
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
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
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
        assert_eq!(document.methods("/api/markets/x"), ["GET"]);
        assert!(document.has_path("/api/orders/x"));
        assert!(!document.has_path("/api/orders/x/y"));
        assert!(!document.has_path("/api/orders/"));
    }
}
