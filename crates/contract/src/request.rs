//! Requests of a client.

use jsonschema::{ValidationError, error::ValidationErrorKind};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Contract, Operation,
    document::{Parameter, escape, is_json},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// One request of a client.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// Method, upper case.
    pub method: &'a str,
    /// Path as sent, without query.
    pub path: &'a str,
    /// Query as sent, without the question mark; empty if there is none.
    pub query: &'a str,
    /// Gives the value of a header by its name, in whatever case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
}

/// Part of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The document has no such path, or a part of the path is not as it says.
    Path,
    /// The path has no such method.
    Method,
    /// A query parameter.
    Query,
    /// A header.
    Header,
    /// There are no credentials.
    Security,
    /// The body's media type.
    MediaType,
    /// The body.
    Body,
}

/// Something in a request that the document does not allow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fault {
    /// In which part.
    pub part: Part,
    /// Where: the name of a parameter or header, or a JSON pointer into the body. Empty for the whole part.
    pub at: String,
    /// What is wrong. Values that were sent are not in it.
    pub message: String,
}

impl Fault {
    fn new(part: Part, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            part,
            at: at.into(),
            message: message.into(),
        }
    }
}

impl Contract {
    /// Holds a request against the document: everything in it that the document does not allow. `HEAD` counts as `GET`,
    /// and headers that are not declared are nobody's business.
    ///
    /// # Errors
    /// The document itself cannot be used here: a reference that leads nowhere, a schema that does not compile.
    pub fn check_request(&self, sent: &Sent<'_>) -> anyhow::Result<Vec<Fault>> {
        let method = if sent.method == "HEAD" { "GET" } else { sent.method };
        let Some(operation) = self.operation(method, sent.path) else {
            return Ok(vec![self.undeclared(sent)]);
        };
        let mut faults = Vec::new();
        if self.document.is_secured(operation) && !has_bearer_token(sent) {
            let message = "the operation needs an access token: `Authorization: Bearer …`";
            faults.push(Fault::new(Part::Security, "Authorization", message));
        }
        faults.extend(self.check_parameters(operation, sent)?);
        faults.extend(self.check_body(operation, sent)?);
        Ok(faults)
    }

    fn undeclared(&self, sent: &Sent<'_>) -> Fault {
        let methods = self.document.methods(sent.path);
        if methods.is_empty() {
            Fault::new(Part::Path, "", "the document has no such path")
        } else {
            let message = format!("the path has no {}, only {}", sent.method, methods.join(", "));
            Fault::new(Part::Method, "", message)
        }
    }

    fn check_parameters(&self, operation: &Operation, sent: &Sent<'_>) -> anyhow::Result<Vec<Fault>> {
        let parameters = self.document.parameters(operation)?;
        let query: Vec<(String, String)> = url::form_urlencoded::parse(sent.query.as_bytes())
            .into_owned()
            .collect();
        let mut faults = Vec::new();
        for (name, _) in &query {
            let is_declared =
                |parameter: &Parameter<'_>| parameter.place == "query" && parameter.name == name;
            if !parameters.iter().any(is_declared) {
                faults.push(Fault::new(
                    Part::Query,
                    name,
                    "the operation has no such parameter",
                ));
            }
        }
        for parameter in &parameters {
            let (part, values) = match parameter.place {
                "query" => {
                    let named = query.iter().filter(|(name, _)| name == parameter.name);
                    (Part::Query, named.map(|(_, value)| value.clone()).collect())
                }
                "header" => (Part::Header, Vec::from_iter((sent.header)(parameter.name))),
                "path" => {
                    let value = operation.path_value(sent.path, parameter.name).map(decoded);
                    (Part::Path, Vec::from_iter(value))
                }
                _ => continue,
            };
            if parameter.required && values.is_empty() {
                faults.push(Fault::new(part, parameter.name, "must be there"));
            }
            for value in values {
                faults.extend(self.check_value(part, parameter, &value)?);
            }
        }
        Ok(faults)
    }

    fn check_value(&self, part: Part, parameter: &Parameter<'_>, value: &str) -> anyhow::Result<Vec<Fault>> {
        let Some(schema) = &parameter.schema else {
            return Ok(Vec::new());
        };
        let validator = self.schemas.validator(&schema.pointer)?;
        let instance = typed(value, schema.value);
        let faults = validator
            .iter_errors(&instance)
            .map(|error| Fault::new(part, parameter.name, error.masked().to_string()));
        Ok(faults.collect())
    }

    fn check_body(&self, operation: &Operation, sent: &Sent<'_>) -> anyhow::Result<Vec<Fault>> {
        let one = |part, message: String| Ok(vec![Fault::new(part, "", message)]);
        let Some(declared) = self.document.request_body(operation)? else {
            return if sent.body.is_empty() {
                Ok(Vec::new())
            } else {
                one(Part::Body, "the operation takes no body".into())
            };
        };
        if sent.body.is_empty() {
            return if declared.required {
                one(Part::Body, "the operation needs a body".into())
            } else {
                Ok(Vec::new())
            };
        }
        let types = || {
            declared
                .content
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let Some(content_type) = (sent.header)("content-type") else {
            return one(
                Part::MediaType,
                format!("there is no Content-Type; declared are {}", types()),
            );
        };
        let essence = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let schema = match declared.content.get(&essence) {
            Some(Some(schema)) => schema,
            Some(None) => return Ok(Vec::new()),
            None => {
                return one(
                    Part::MediaType,
                    format!("{essence} is not declared, only {}", types()),
                );
            }
        };
        let instance = if is_json(&essence) {
            match serde_json::from_slice(sent.body) {
                Ok(instance) => instance,
                Err(error) => return one(Part::Body, format!("not JSON: {error}")),
            }
        } else if essence == FORM {
            form(sent.body)
        } else {
            Value::String(String::from_utf8_lossy(sent.body).into_owned())
        };
        let validator = self.schemas.validator(schema)?;
        Ok(validator
            .iter_errors(&instance)
            .flat_map(|error| in_body(&error))
            .collect())
    }
}

/// Members that are not known are told one by one, where they are.
fn in_body(error: &ValidationError<'_>) -> Vec<Fault> {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                Fault::new(
                    Part::Body,
                    format!("{at}/{}", escape(name)),
                    "is not a declared member",
                )
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Fault::new(
                Part::Body,
                at,
                format!("has no member `{name}`, which is required"),
            )]
        }
        _ => vec![Fault::new(Part::Body, at, error.masked().to_string())],
    }
}

fn has_bearer_token(sent: &Sent<'_>) -> bool {
    (sent.header)("authorization").is_some_and(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A parameter's text as the JSON value that its schema speaks of.
fn typed(text: &str, schema: &Value) -> Value {
    let takes = |name: &str| match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == name),
        one => one == name,
    };
    let parsed = serde_json::from_str::<Value>(text).ok();
    match parsed {
        Some(number @ Value::Number(_)) if takes("integer") || takes("number") => number,
        Some(boolean @ Value::Bool(_)) if takes("boolean") => boolean,
        _ => Value::String(text.to_owned()),
    }
}

fn form(body: &[u8]) -> Value {
    let pairs = url::form_urlencoded::parse(body);
    let members: Map<String, Value> = pairs
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    Value::Object(members)
}
