//! Converts the canonical 3.1 document to OpenAPI 3.0.3, for tools that can't read 3.1.
//!
//! Every object is walked by its kind, and an unknown member is an error: nothing that 3.0 can't express is lost unnoticed.
//! Constraints without a counterpart become `x-…` extensions.

mod nullable;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::paths::METHODS;
use crate::pointer::child;

/// The kinds of OpenAPI objects outside of schemas.
#[derive(Clone, Copy)]
enum Kind {
    Document,
    Components,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    Response,
    MediaType,
    Encoding,
    Info,
    License,
    SecurityScheme,
}

/// The contents of a member.
enum Member {
    /// Data that both versions write alike.
    Same,
    /// Left out: 3.0 has no place for it, and its readers don't need it.
    Dropped,
    Schema,
    One(Kind),
    List(Kind),
    Map(Kind),
    Schemas,
    /// Names to path items by expression, by name: the `callbacks` of an operation and of the components.
    Callbacks,
}

/// `document` (OpenAPI 3.1) as OpenAPI 3.0.3.
///
/// # Errors
/// A member or a schema keyword that isn't known or has no 3.0 form, with its JSON Pointer.
pub fn downlevel(document: &Value) -> anyhow::Result<Value> {
    let version = document["openapi"].as_str().unwrap_or_default();
    ensure!(
        version.starts_with("3.1."),
        "the document says OpenAPI {version:?}, not 3.1"
    );
    let dialect = &document["jsonSchemaDialect"];
    let known = [
        "https://spec.openapis.org/oas/3.1/dialect/base",
        "https://json-schema.org/draft/2020-12/schema",
    ];
    ensure!(
        dialect.as_str().is_none_or(|name| known.contains(&name)),
        "unknown jsonSchemaDialect {dialect}"
    );
    let mut converted = object(Kind::Document, document, "")?;
    converted["openapi"] = json!("3.0.3");
    drop_unused_examples(&mut converted);
    nullable::state_types(&mut converted);
    if converted.get("paths").is_none() {
        converted["paths"] = json!({});
    }
    Ok(converted)
}

/// Removes the shared examples that only the webhooks have.
fn drop_unused_examples(document: &mut Value) {
    let mut used = BTreeSet::new();
    references(document, &mut used);
    if let Some(examples) = document
        .pointer_mut("/components/examples")
        .and_then(Value::as_object_mut)
    {
        examples.retain(|name, _| used.contains(&format!("#{}", child("/components/examples", name))));
    }
}

fn references(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                used.insert(reference.clone());
            }
            members.values().for_each(|member| references(member, used));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, used)),
        _ => {}
    }
}

/// Members that both versions write alike.
fn same(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Document => &["openapi", "servers", "security", "tags", "externalDocs"],
        Kind::Info => &["title", "description", "termsOfService", "contact", "version"],
        Kind::License => &["name", "url"],
        Kind::Components => &["examples", "links"],
        Kind::PathItem => &["summary", "description", "servers"],
        Kind::Operation => OPERATION,
        Kind::Parameter => PARAMETER,
        Kind::RequestBody => &["description", "required"],
        Kind::Response => &["description", "links"],
        Kind::MediaType => &["example", "examples"],
        Kind::Encoding => &["contentType", "style", "explode", "allowReserved"],
        Kind::SecurityScheme => SECURITY_SCHEME,
    }
}

const OPERATION: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "deprecated",
    "security",
    "servers",
];

const PARAMETER: &[&str] = &[
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "example",
    "examples",
];

const SECURITY_SCHEME: &[&str] = &[
    "type",
    "description",
    "name",
    "in",
    "scheme",
    "bearerFormat",
    "flows",
    "openIdConnectUrl",
];

fn member(kind: Kind, name: &str) -> Option<Member> {
    if name.starts_with("x-") || same(kind).contains(&name) {
        return Some(Member::Same);
    }
    Some(match (kind, name) {
        (Kind::Document, "webhooks" | "jsonSchemaDialect") => Member::Dropped,
        (Kind::Info, "summary") | (Kind::License, "identifier") => Member::Dropped,
        (Kind::Document, "info") => Member::One(Kind::Info),
        (Kind::Info, "license") => Member::One(Kind::License),
        (Kind::Document, "paths") => Member::Map(Kind::PathItem),
        (Kind::Document, "components") => Member::One(Kind::Components),
        (Kind::Components, "schemas") => Member::Schemas,
        (Kind::Components, "parameters" | "headers") => Member::Map(Kind::Parameter),
        (Kind::Components, "requestBodies") => Member::Map(Kind::RequestBody),
        (Kind::Components, "responses") => Member::Map(Kind::Response),
        (Kind::Components, "securitySchemes") => Member::Map(Kind::SecurityScheme),
        (Kind::Components | Kind::Operation, "callbacks") => Member::Callbacks,
        (Kind::PathItem | Kind::Operation, "parameters") => Member::List(Kind::Parameter),
        (Kind::PathItem, method) if METHODS.contains(&method) => Member::One(Kind::Operation),
        (Kind::Operation, "requestBody") => Member::One(Kind::RequestBody),
        (Kind::Operation, "responses") => Member::Map(Kind::Response),
        (Kind::Parameter | Kind::MediaType, "schema") => Member::Schema,
        (Kind::Parameter | Kind::RequestBody | Kind::Response, "content") => Member::Map(Kind::MediaType),
        (Kind::Response | Kind::Encoding, "headers") => Member::Map(Kind::Parameter),
        (Kind::MediaType, "encoding") => Member::Map(Kind::Encoding),
        _ => return None,
    })
}

fn object(kind: Kind, value: &Value, at: &str) -> anyhow::Result<Value> {
    let members = value.as_object().with_context(|| format!("{at} is no object"))?;
    if let (Some(reference), false) = (members.get("$ref"), matches!(kind, Kind::PathItem)) {
        // In 3.0 nothing may stand beside a reference; 3.1 allows another summary and description there.
        return Ok(json!({"$ref": reference}));
    }
    if matches!(kind, Kind::SecurityScheme) {
        ensure!(value["type"] != "mutualTLS", "{at}: OpenAPI 3.0 has no mutualTLS");
    }
    let mut converted = Map::new();
    for (name, value) in members {
        let at = child(at, name);
        let value = match member(kind, name) {
            None => bail!("{at}: don't know how to write this member in OpenAPI 3.0"),
            Some(Member::Dropped) => continue,
            Some(Member::Same) => value.clone(),
            Some(Member::Schema) => schema::convert(value, &at)?,
            Some(Member::One(kind)) => object(kind, value, &at)?,
            Some(Member::List(kind)) => list(value, &at, |value, at| object(kind, value, at))?,
            Some(Member::Map(kind)) => map(value, &at, |value, at| object(kind, value, at))?,
            Some(Member::Schemas) => map(value, &at, schema::convert)?,
            Some(Member::Callbacks) => map(value, &at, |callback, at| match callback.get("$ref") {
                Some(reference) => Ok(json!({"$ref": reference})),
                None => map(callback, at, |item, at| object(Kind::PathItem, item, at)),
            })?,
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::Object(converted))
}

/// Converts each member of an object whose names are free.
fn map(
    value: &Value,
    at: &str,
    convert: impl Fn(&Value, &str) -> anyhow::Result<Value>,
) -> anyhow::Result<Value> {
    let members = value.as_object().with_context(|| format!("{at} is no object"))?;
    let converted = members
        .iter()
        .map(|(name, value)| anyhow::Ok((name.clone(), convert(value, &child(at, name))?)));
    Ok(Value::Object(converted.collect::<Result<_, _>>()?))
}

fn list(
    value: &Value,
    at: &str,
    convert: impl Fn(&Value, &str) -> anyhow::Result<Value>,
) -> anyhow::Result<Value> {
    let items = value.as_array().with_context(|| format!("{at} is no array"))?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| convert(item, &child(at, &index.to_string())))
        .collect()
}
