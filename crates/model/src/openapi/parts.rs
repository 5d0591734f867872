//! Schemas that the documents of all resources share. Each is a component with a name, which generated clients use for its type.

use serde_json::{Map, Value, json};

use crate::MAX_ERRORS;

const COMPONENTS: &str = "#/components/schemas";

/// Reference to a component.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("{COMPONENTS}/{name}")})
}

/// Reference to a component, with a description for this place.
pub fn described(name: &str, description: &str) -> Value {
    let mut schema = reference(name);
    schema["description"] = description.into();
    schema
}

/// An object that always has all of these members, and no others.
pub fn closed(description: impl Into<String>, properties: Value) -> Value {
    let required: Vec<&String> = properties
        .as_object()
        .map(Map::keys)
        .into_iter()
        .flatten()
        .collect();
    json!({
        "description": description.into(),
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false
    })
}

/// All of them, by name.
pub fn parts() -> [(&'static str, Value); 15] {
    [
        ("ErrorDocument", error_document()),
        ("ErrorObject", error_object()),
        ("ErrorSource", error_source()),
        (
            "ResourceLinks",
            closed("Links of the resource.", json!({"self": url()})),
        ),
        ("ResourceMeta", resource_meta()),
        (
            "DocumentLinks",
            closed("Links of the document.", json!({"self": url()})),
        ),
        (
            "JsonApi",
            closed(
                "What the document is written in.",
                json!({"version": {"type": "string", "const": "1.1", "description": "Version of JSON:API."}}),
            ),
        ),
        ("IncludedResource", included_resource()),
        (
            "Relationship",
            relationship(json!({"oneOf": [{"type": "null"}, reference("Identifier")]})),
        ),
        (
            "ToManyRelationship",
            relationship(json!({"type": "array", "items": reference("Identifier")})),
        ),
        ("Identifier", identifier()),
        (
            "RelationshipLinks",
            closed(
                "Links of the relationship.",
                json!({"self": url(), "related": url()}),
            ),
        ),
        ("PageLinks", page_links(&[])),
        ("RelationshipPageLinks", page_links(&["related"])),
        (
            "PageMeta",
            page_meta("record_count", "page_count", "record_count_is_estimate"),
        ),
    ]
}

/// How many items and pages there are, under these names, and whether that is an estimate.
pub fn page_meta(items: &str, pages: &str, estimate: &str) -> Value {
    let mut meta = closed(
        "How many there are.",
        json!({items: {"type": "integer", "minimum": 0}, pages: {"type": "integer", "minimum": 1}}),
    );
    meta["properties"][estimate] = json!({
        "type": "boolean",
        "const": true,
        "description": "Only there if the list is long: it has about so many items. Up to 10000 they are counted."
    });
    meta
}

/// A document with these members, always with its links and its version, and with what a request includes.
pub fn document(description: impl Into<String>, properties: Value) -> Value {
    let mut members = properties;
    if members.get("links").is_none() {
        members["links"] = reference("DocumentLinks");
    }
    members["jsonapi"] = reference("JsonApi");
    closed(description, members)
}

/// A document as above, for requests that can include other resources.
pub fn including(description: impl Into<String>, properties: Value) -> Value {
    let mut schema = document(description, properties);
    schema["properties"]["included"] = json!({
        "type": "array",
        "items": reference("IncludedResource"),
        "description": "What `include` leads to, each resource once; only there if the parameter is given."
    });
    schema
}

fn included_resource() -> Value {
    json!({
        "description": "A resource as `GET` shows it.",
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
        "additionalProperties": true
    })
}

fn url() -> Value {
    json!({"type": "string", "format": "uri"})
}

fn resource_meta() -> Value {
    closed(
        "Organization and mode of the resource.",
        json!({
            "mode": {"type": "string", "enum": ["test", "live"], "description": "Test data or live data."},
            "organization_id": {"type": "string", "description": "The organization that it belongs to."}
        }),
    )
}

/// It has `data` only where what it points to is included.
fn relationship(data: Value) -> Value {
    let mut schema = closed(
        "Links of a relationship.",
        json!({"links": reference("RelationshipLinks")}),
    );
    schema["properties"]["data"] = data;
    schema["properties"]["data"]["description"] = "What it points to; only there if it is included.".into();
    schema
}

fn identifier() -> Value {
    closed(
        "Type and id of a resource.",
        json!({
            "type": {"type": "string", "description": "Type of the resource."},
            "id": {"type": "string", "description": "Identifier of the resource."}
        }),
    )
}

fn page_links(more: &[&str]) -> Value {
    let or_none = || json!({"type": ["string", "null"], "format": "uri"});
    let mut properties =
        json!({"self": url(), "first": url(), "prev": or_none(), "next": or_none(), "last": url()});
    let mut required = vec!["self", "first"];
    for name in more {
        properties[*name] = url();
        required.push(name);
    }
    json!({
        "description": "Links to pages. The first page has no `prev`, the last no `next`; with cursors, they are null. `last` is not there \
            where the list is too long for a page by number, or its length is an estimate.",
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false
    })
}

fn error_document() -> Value {
    json!({
        "description": "The problems of a request.",
        "type": "object",
        "required": ["errors"],
        "properties": {
            "errors": {
                "type": "array", "items": reference("ErrorObject"), "minItems": 1, "maxItems": MAX_ERRORS,
                "description": "All problems, or the first of many."
            },
            "meta": closed(
                "Only there if there are more problems than are listed.",
                json!({"more_errors": {
                    "type": "integer", "minimum": 1, "description": "Number of problems beside those in `errors`."
                }}),
            )
        },
        "additionalProperties": false
    })
}

fn error_object() -> Value {
    json!({
        "description": "One problem.",
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "The kind of problem; of a validation problem, the broken rule."},
            "detail": {"type": "string", "description": "What is wrong and what to do."},
            "code": {"type": "string", "description": "The kind of problem, for programs."},
            "status": {"type": "string", "pattern": "^[45][0-9]{2}$", "description": "HTTP status of the problem."},
            "source": reference("ErrorSource"),
            "meta": {"type": "object", "additionalProperties": true, "description": "Facts for programs."}
        },
        "required": ["title", "detail", "code", "status"],
        "additionalProperties": false
    })
}

fn error_source() -> Value {
    json!({
        "description": "Place of the problem in the request.",
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer into the body."},
            "parameter": {"type": "string", "description": "Name of a query parameter."},
            "header": {"type": "string", "description": "Name of a header."}
        },
        "additionalProperties": false
    })
}
