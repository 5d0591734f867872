//! The expected answer, by the document and by the documentation.

use anyhow::Context as _;
use serde_json::Value;

use super::deployment::Reply;
use documented::Example;
use openapi_document::{members, resolve};

/// Maximum number of listed differences of one body.
const SHOWN: usize = 10;

/// The statuses with which an operation succeeds, `201` or `200, 202`.
pub fn successes(operation: &Value) -> String {
    let statuses = members(&operation["responses"]).map(|(status, _)| status.as_str());
    let found: Vec<&str> = statuses.filter(|status| status.starts_with('2')).collect();
    found.join(", ")
}

/// The differences of an answer from the document's schema for its status.
///
/// # Errors
/// A document whose references don't resolve or whose schemas don't compile.
pub fn against_document(document: &Value, operation: &Value, reply: &Reply) -> anyhow::Result<Vec<String>> {
    let status = reply.status.to_string();
    let Some(declared) = operation["responses"].get(&status) else {
        return Ok(vec![format!("the document has no status {status}")]);
    };
    let content = resolve(document, declared)?.get("content");
    let Some(content) = content.and_then(Value::as_object) else {
        let surplus = reply.has_body.then(|| "the document has no body here".to_owned());
        return Ok(surplus.into_iter().collect());
    };
    let Some(body) = content.get(&reply.media_type) else {
        return Ok(vec![format!(
            "the document has no media type {:?}",
            reply.media_type
        )]);
    };
    let Some(instance) = &reply.body else {
        return Ok(vec!["the body is not JSON".to_owned()]);
    };
    let mut schema = body["schema"].clone();
    let root = schema.as_object_mut().context("a response has a schema")?;
    root.insert("components".to_owned(), document["components"].clone());
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .context("a schema of the document doesn't compile")?;
    let mut found: Vec<String> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if found.len() > SHOWN {
        let rest = found.split_off(SHOWN).len();
        found.push(format!("… and {rest} more"));
    }
    Ok(found)
}

/// Members of a documented answer that an answer lacks, or has with another type. Null matches any type; contents of `metadata`
/// and other objects of the caller are examples only.
pub fn against_example(example: &Example, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(&example.value, actual, "", &example.elided, &mut found);
    found
}

fn compare(expected: &Value, actual: &Value, at: &str, elided: &[String], found: &mut Vec<String>) {
    if actual.is_null() || expected.is_null() || elided.iter().any(|pointer| pointer == at) {
        return;
    }
    if kind(expected) != kind(actual) {
        let (documented, answered) = (kind(expected), kind(actual));
        found.push(format!(
            "{at}: documented as {documented}, answered as {answered}"
        ));
        return;
    }
    let is_callers = at.starts_with("/data/attributes/");
    if is_callers {
        return;
    }
    for (name, value) in members(expected) {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match actual.get(name) {
            Some(actual) => compare(value, actual, &at, elided, found),
            None => found.push(format!("{at}: documented, and not answered")),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
