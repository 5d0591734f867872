//! The canonical 3.1 document taken down to OpenAPI 3.0.3, for tools that can't read 3.1.
//!
//! Every object is walked by its kind, and a member that the kind doesn't know is an error: what 3.0 can't say
//! must be decided here, not slip through. Constraints without a counterpart are kept as `x-…` extensions.

mod schema;
#[cfg(test)]
mod tests;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::json_pointer::child;

/// The kinds of object that OpenAPI has outside of schemas.
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

/// What a member holds.
enum Member {
    /// Data that both versions write alike.
    Same,
    /// Left out: 3.0 has no place for it and no reader of 3.0 misses it.
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
pub fn convert(document: &Value) -> anyhow::Result<Value> {
    let version = document["openapi"].as_str().unwrap_or_default();
    ensure!(version.starts_with("3.1."), "the document says OpenAPI {version:?}, not 3.1");
    let dialect = &document["jsonSchemaDialect"];
    let known = ["https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema"];
    ensure!(dialect.as_str().is_none_or(|name| known.contains(&name)), "unknown jsonSchemaDialect {dialect}");
    let mut converted = object(Kind::Document, document, "")?;
    converted["openapi"] = json!("3.0.3");
    if converted.get("paths").is_none() {
        converted["paths"] = json!({});
    }
    Ok(converted)
}

fn member(kind: Kind, name: &str) -> Option<Member> {
    use Member::{Callbacks, Dropped, List, Map, One, Same, Schema, Schemas};
    Some(match (kind, name) {
        (_, extension) if extension.starts_with("x-") => Same,
        (Kind::Document, "openapi" | "servers" | "security" | "tags" | "externalDocs") => Same,
        (Kind::Document, "webhooks" | "jsonSchemaDialect") => Dropped,
        (Kind::Document, "info") => One(Kind::Info),
        (Kind::Document, "paths") => Map(Kind::PathItem),
        (Kind::Document, "components") => One(Kind::Components),
        (Kind::Info, "title" | "description" | "termsOfService" | "contact" | "version") => Same,
        (Kind::Info, "summary") => Dropped,
        (Kind::Info, "license") => One(Kind::License),
        (Kind::License, "name" | "url") => Same,
        (Kind::License, "identifier") => Dropped,
        (Kind::Components, "examples" | "links") => Same,
        (Kind::Components, "schemas") => Schemas,
        (Kind::Components, "parameters" | "headers") => Map(Kind::Parameter),
        (Kind::Components, "requestBodies") => Map(Kind::RequestBody),
        (Kind::Components, "responses") => Map(Kind::Response),
        (Kind::Components, "securitySchemes") => Map(Kind::SecurityScheme),
        (Kind::Components | Kind::Operation, "callbacks") => Callbacks,
        (Kind::PathItem, "summary" | "description" | "servers") => Same,
        (Kind::PathItem | Kind::Operation, "parameters") => List(Kind::Parameter),
        (Kind::PathItem, method) if super::document::METHODS.contains(&method) => One(Kind::Operation),
        (
            Kind::Operation,
            "tags" | "summary" | "description" | "externalDocs" | "operationId" | "deprecated" | "security"
            | "servers",
        ) => Same,
        (Kind::Operation, "requestBody") => One(Kind::RequestBody),
        (Kind::Operation, "responses") => Map(Kind::Response),
        (
            Kind::Parameter,
            "name" | "in" | "description" | "required" | "deprecated" | "allowEmptyValue" | "style" | "explode"
            | "allowReserved" | "example" | "examples",
        ) => Same,
        (Kind::Parameter | Kind::MediaType, "schema") => Schema,
        (Kind::Parameter | Kind::RequestBody | Kind::Response, "content") => Map(Kind::MediaType),
        (Kind::RequestBody, "description" | "required") => Same,
        (Kind::Response, "description" | "links") => Same,
        (Kind::Response | Kind::Encoding, "headers") => Map(Kind::Parameter),
        (Kind::MediaType, "example" | "examples") => Same,
        (Kind::MediaType, "encoding") => Map(Kind::Encoding),
        (Kind::Encoding, "contentType" | "style" | "explode" | "allowReserved") => Same,
        (
            Kind::SecurityScheme,
            "type" | "description" | "name" | "in" | "scheme" | "bearerFormat" | "flows" | "openIdConnectUrl",
        ) => Same,
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
    let converted = members.iter().map(|(name, value)| anyhow::Ok((name.clone(), convert(value, &child(at, name))?)));
    Ok(Value::Object(converted.collect::<Result<_, _>>()?))
}

fn list(
    value: &Value,
    at: &str,
    convert: impl Fn(&Value, &str) -> anyhow::Result<Value>,
) -> anyhow::Result<Value> {
    let items = value.as_array().with_context(|| format!("{at} is no array"))?;
    items.iter().enumerate().map(|(index, item)| convert(item, &child(at, &index.to_string()))).collect()
}
