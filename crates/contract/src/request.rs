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

/// Maximum number of listed faults. Further ones are counted.
const MAX_FAULTS: usize = 50;
/// Maximum number of characters of a sent name.
const MAX_NAME: usize = 200;

/// One request of a client.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// Method, upper case.
    pub method: &'a str,
    /// Path as sent, without query.
    pub path: &'a str,
    /// Query as sent, without the question mark; empty without a query.
    pub query: &'a str,
    /// Gives the value of a header by its name, in any case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body.
    pub body: &'a [u8],
}

/// Part of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The document has no such path, or a part of the path does not match its schema.
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
    /// Part of the request.
    pub part: Part,
    /// Place within the part: the name of a parameter or header, or a JSON pointer into the body. Empty for the whole part.
    pub at: String,
    /// What is wrong. It never repeats sent values.
    pub message: String,
}

impl Fault {
    fn new(part: Part, at: &str, message: impl Into<String>) -> Self {
        Self {
            part,
            at: at.chars().take(MAX_NAME).collect(),
            message: message.into(),
        }
    }
}

/// A list of faults during the check.
#[derive(Default)]
struct Faults {
    listed: Vec<Fault>,
    more: usize,
    last: Option<Part>,
}

impl Faults {
    /// Adds a fault. The closure does not run if the fault is not listed.
    fn push(&mut self, part: Part, fault: impl FnOnce() -> Fault) {
        if self.listed.len() < MAX_FAULTS {
            self.listed.push(fault());
        } else {
            self.more += 1;
            self.last = Some(part);
        }
    }

    fn add(&mut self, part: Part, at: &str, message: impl Into<String>) {
        self.push(part, || Fault::new(part, at, message));
    }

    fn into_vec(mut self) -> Vec<Fault> {
        if let Some(part) = self.last {
            let message = format!("has more faults: {} are not listed", self.more);
            self.listed.push(Fault::new(part, "", message));
        }
        self.listed
    }
}

impl Contract {
    /// Checks a request against the document, and lists all that it does not allow. `HEAD` counts as `GET`, and undeclared
    /// headers are ignored.
    ///
    /// # Errors
    /// The document can't be used: it has a broken reference, or a schema that does not compile.
    pub fn check_request(&self, sent: &Sent<'_>) -> anyhow::Result<Vec<Fault>> {
        let method = if sent.method == "HEAD" { "GET" } else { sent.method };
        let Some(operation) = self.operation(method, sent.path) else {
            return Ok(vec![self.undeclared(sent)]);
        };
        let mut faults = Faults::default();
        if self.document.is_secured(operation) && !has_bearer_token(sent) {
            let message = "the operation needs an access token: `Authorization: Bearer …`";
            faults.add(Part::Security, "Authorization", message);
        }
        self.check_parameters(operation, sent, &mut faults)?;
        self.check_body(operation, sent, &mut faults)?;
        Ok(faults.into_vec())
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

    fn check_parameters(
        &self,
        operation: &Operation,
        sent: &Sent<'_>,
        faults: &mut Faults,
    ) -> anyhow::Result<()> {
        let parameters = self.document.parameters(operation)?;
        let query: Vec<(String, String)> = url::form_urlencoded::parse(sent.query.as_bytes())
            .into_owned()
            .collect();
        for (name, _) in &query {
            let is_declared =
                |parameter: &Parameter<'_>| parameter.place == "query" && parameter.name == name;
            if !parameters.iter().any(is_declared) {
                faults.add(Part::Query, name, "the operation has no such parameter");
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
                faults.add(part, parameter.name, "must be there");
            }
            for value in values {
                self.check_value(part, parameter, &value, faults)?;
            }
        }
        Ok(())
    }

    fn check_value(
        &self,
        part: Part,
        parameter: &Parameter<'_>,
        value: &str,
        faults: &mut Faults,
    ) -> anyhow::Result<()> {
        let Some(schema) = &parameter.schema else {
            return Ok(());
        };
        let validator = self.schemas.validator(&schema.pointer)?;
        let instance = typed(value, schema.value);
        for error in validator.iter_errors(&instance) {
            faults.push(part, || {
                Fault::new(part, parameter.name, error.masked().to_string())
            });
        }
        Ok(())
    }

    fn check_body(&self, operation: &Operation, sent: &Sent<'_>, faults: &mut Faults) -> anyhow::Result<()> {
        let mut one = |part, message: String| {
            faults.add(part, "", message);
            Ok(())
        };
        let Some(declared) = self.document.request_body(operation)? else {
            return if sent.body.is_empty() {
                Ok(())
            } else {
                one(Part::Body, "the operation takes no body".into())
            };
        };
        if sent.body.is_empty() {
            return if declared.required {
                one(Part::Body, "the operation needs a body".into())
            } else {
                Ok(())
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
            Some(None) => return Ok(()),
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
        for error in validator.iter_errors(&instance) {
            add_of_body(faults, &error);
        }
        Ok(())
    }
}

/// Unknown members are reported one by one, at their places.
fn add_of_body(faults: &mut Faults, error: &ValidationError<'_>) {
    let at = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.push(Part::Body, || {
                    let at = format!("{at}/{}", escape(name));
                    Fault::new(Part::Body, &at, "is not a declared member")
                });
            }
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.add(
                Part::Body,
                at,
                format!("has no member `{name}`, which is required"),
            );
        }
        _ => faults.push(Part::Body, || {
            Fault::new(Part::Body, at, error.masked().to_string())
        }),
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

/// A parameter's text as the JSON value that its schema describes.
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
