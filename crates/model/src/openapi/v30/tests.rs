use serde_json::{Value, json};

use super::downlevel;
use super::schema::convert as convert_schema;

fn schema(from: Value) -> Value {
    convert_schema(&from, "").unwrap()
}

fn refused(from: Value) -> String {
    convert_schema(&from, "/s").unwrap_err().to_string()
}

#[test]
fn type_arrays_become_one_type() {
    assert_eq!(
        schema(json!({"type": ["string", "null"]})),
        json!({"type": "string", "nullable": true})
    );
    assert_eq!(schema(json!({"type": ["string"]})), json!({"type": "string"}));
    assert_eq!(
        schema(json!({"type": ["integer", "array", "null"], "title": "t"})),
        json!({"title": "t", "allOf": [{"anyOf": [
            {"type": "integer", "nullable": true}, {"type": "array", "nullable": true, "items": {}}
        ]}]})
    );
}

#[test]
fn a_choice_with_null_becomes_nullable() {
    let reference = json!({"$ref": "#/components/schemas/A"});
    assert_eq!(
        schema(json!({"oneOf": [{"type": "null"}, reference], "description": "d"})),
        json!({"description": "d", "nullable": true, "allOf": [reference]})
    );
    assert_eq!(
        schema(json!({"anyOf": [reference, {"type": "string"}, {"const": null}]})),
        json!({"anyOf": [reference, {"type": "string"}], "nullable": true})
    );
    assert_eq!(
        schema(
            json!({"oneOf": [{"type": "string", "enum": ["a"], "title": "in"}, {"type": "null"}], "title": "out"})
        ),
        json!({"title": "out", "type": "string", "enum": ["a", null], "nullable": true})
    );
    assert_eq!(
        schema(json!({"oneOf": [{"required": ["a"]}, {"type": "null"}], "required": ["b"]})),
        json!({"required": ["b"], "allOf": [{"required": ["a"]}], "nullable": true})
    );
    assert_eq!(
        schema(json!({"oneOf": [{"type": "string"}]})),
        json!({"oneOf": [{"type": "string"}]})
    );
}

#[test]
fn null_alone_is_refused() {
    assert!(refused(json!({"type": "null"})).contains("null alone"));
    assert!(refused(json!({"properties": {"a": {"type": ["null"]}}})).contains("/s/properties/a"));
    assert!(refused(json!({"oneOf": [{"type": "null"}]})).contains("null alone"));
    assert!(refused(json!({"allOf": [{"type": "null"}]})).contains("/s/allOf/0"));
}

#[test]
fn const_becomes_a_single_enum() {
    assert_eq!(
        schema(json!({"type": "string", "const": "a"})),
        json!({"type": "string", "enum": ["a"]})
    );
    refused(json!({"const": "a", "enum": ["a", "b"]}));
    refused(json!({"enum": ["a", "b"], "const": "a"}));
}

#[test]
fn the_first_of_the_examples_stays() {
    assert_eq!(schema(json!({"examples": [1, 2]})), json!({"example": 1}));
    assert_eq!(schema(json!({"examples": []})), json!({}));
    assert_eq!(
        schema(json!({"example": 3, "examples": [1]})),
        json!({"example": 3})
    );
    assert_eq!(
        schema(json!({"examples": [1], "example": 3})),
        json!({"example": 3})
    );
}

#[test]
fn exclusive_bounds_become_flags() {
    assert_eq!(
        schema(json!({"exclusiveMinimum": 0})),
        json!({"minimum": 0, "exclusiveMinimum": true})
    );
    assert_eq!(
        schema(json!({"exclusiveMaximum": 9, "maximum": 9})),
        json!({"maximum": 9, "exclusiveMaximum": true})
    );
    assert_eq!(
        schema(json!({"exclusiveMinimum": 0, "minimum": 5})),
        json!({"minimum": 5})
    );
    refused(json!({"exclusiveMinimum": true}));
}

#[test]
fn a_reference_with_siblings_goes_into_all_of() {
    let reference = json!({"$ref": "#/components/schemas/A"});
    assert_eq!(schema(reference.clone()), reference);
    assert_eq!(
        schema(json!({"$ref": "#/components/schemas/A", "description": "d"})),
        json!({"description": "d", "allOf": [reference]})
    );
}

#[test]
fn base64_is_a_format() {
    assert_eq!(
        schema(json!({"type": "string", "contentEncoding": "base64"})),
        json!({"type": "string", "format": "byte"})
    );
    assert!(refused(json!({"contentEncoding": "quoted-printable"})).contains("quoted-printable"));
}

#[test]
fn boolean_schemas_and_bare_arrays_are_written_out() {
    assert_eq!(schema(json!(true)), json!({}));
    assert_eq!(
        schema(json!({"type": "array", "properties": {"a": false}})),
        json!({"type": "array", "items": {}, "properties": {"a": {"not": {}}}})
    );
    assert_eq!(
        schema(json!({"additionalProperties": false})),
        json!({"additionalProperties": false})
    );
}

#[test]
fn pattern_properties_widen_the_additional_ones() {
    let pattern = json!({"^x": {"type": ["string", "null"]}});
    let text = json!({"type": "string", "nullable": true});
    assert_eq!(
        schema(json!({"patternProperties": pattern, "additionalProperties": false})),
        json!({"x-patternProperties": pattern, "additionalProperties": text})
    );
    assert_eq!(
        schema(json!({"patternProperties": pattern, "additionalProperties": {"type": "integer"}})),
        json!({"x-patternProperties": pattern, "additionalProperties": {"anyOf": [text, {"type": "integer"}]}})
    );
    assert_eq!(
        schema(json!({"patternProperties": pattern})),
        json!({"x-patternProperties": pattern})
    );
}

#[test]
fn what_has_no_counterpart_stays_visible() {
    for keyword in [
        "propertyNames",
        "if",
        "then",
        "else",
        "contains",
        "unevaluatedProperties",
    ] {
        assert_eq!(schema(json!({keyword: {}})), json!({format!("x-{keyword}"): {}}));
    }
    assert!(refused(json!({"not": {"propertyNames": {"maxLength": 3}}})).contains("/s/not"));
}

#[test]
fn what_is_not_known_is_refused_with_its_place() {
    for keyword in [
        "prefixItems",
        "$defs",
        "$id",
        "$anchor",
        "dependentSchemas",
        "divisibleBy",
    ] {
        assert!(
            refused(json!({"items": {keyword: {}}})).contains(&format!("/s/items/{keyword}")),
            "{keyword}"
        );
    }
    // A property may have the name of a keyword.
    schema(json!({"properties": {"$id": {"type": "string"}, "divisibleBy": {"type": "string"}}}));
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "t", "summary": "s", "version": "1", "license": {"name": "MIT", "identifier": "MIT"}},
        "webhooks": {"w": {"post": {"responses": {}, "requestBody": {"content": {"application/json": {
            "examples": {"e": {"$ref": "#/components/examples/OfWebhook"}}
        }}}}}},
        "paths": {"/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"const": "x"}}],
            "post": {
                "operationId": "a",
                "requestBody": {"$ref": "#/components/requestBodies/B", "description": "beside"},
                "responses": {"200": {
                    "description": "ok",
                    "headers": {"X-A": {"schema": {"type": ["string", "null"]}}},
                    "content": {"application/json": {
                        "schema": {"type": ["object", "null"]},
                        "examples": {"e": {"$ref": "#/components/examples/Of~1Path"}}
                    }}
                }},
                "callbacks": {"c": {"{$url}": {"post": {"responses": {"200": {"description": "ok", "content": {
                    "application/json": {"schema": {"const": 1}}
                }}}}}}}
            }
        }},
        "components": {
            "schemas": {"A": {"examples": ["e"]}},
            "examples": {"OfWebhook": {"value": 1}, "Of/Path": {"value": {"type": ["kept", "null"]}}},
            "requestBodies": {"B": {"content": {"application/json": {"schema": {"const": 1}}}}},
            "securitySchemes": {"s": {"type": "http", "scheme": "bearer"}}
        }
    })
}

#[test]
fn schemas_are_found_wherever_they_stand() {
    let converted = downlevel(&document()).unwrap();
    let at = |pointer: &str| {
        converted
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer}"))
            .clone()
    };
    assert_eq!(at("/openapi"), "3.0.3");
    assert_eq!(
        at("/info"),
        json!({"title": "t", "version": "1", "license": {"name": "MIT"}})
    );
    assert!(converted.get("webhooks").is_none() && converted.get("jsonSchemaDialect").is_none());
    assert_eq!(
        at("/components/examples"),
        json!({"Of/Path": {"value": {"type": ["kept", "null"]}}})
    );
    assert_eq!(at("/paths/~1a~1{id}/parameters/0/schema"), json!({"enum": ["x"]}));
    let post = "/paths/~1a~1{id}/post";
    assert_eq!(
        at(&format!("{post}/requestBody")),
        json!({"$ref": "#/components/requestBodies/B"})
    );
    assert_eq!(
        at(&format!("{post}/responses/200/headers/X-A/schema/nullable")),
        true
    );
    let content = format!("{post}/responses/200/content/application~1json");
    assert_eq!(
        at(&format!("{content}/schema")),
        json!({"type": "object", "nullable": true})
    );
    let callback = format!("{post}/callbacks/c/{{$url}}/post/responses/200/content/application~1json/schema");
    assert_eq!(at(&callback), json!({"enum": [1]}));
    assert_eq!(at("/components/schemas/A"), json!({"example": "e"}));
    assert_eq!(
        at("/components/requestBodies/B/content/application~1json/schema"),
        json!({"enum": [1]})
    );
}

#[test]
fn unknown_members_and_versions_are_refused() {
    let refused = |pointer: &str, name: &str, value: Value| {
        let mut document = document();
        document.pointer_mut(pointer).unwrap()[name] = value;
        downlevel(&document).unwrap_err().to_string()
    };
    assert!(refused("/components", "pathItems", json!({})).contains("/components/pathItems"));
    assert!(refused("/components/securitySchemes/s", "type", json!("mutualTLS")).contains("mutualTLS"));
    assert!(refused("", "openapi", json!("3.2.0")).contains("3.2.0"));
    assert!(refused("", "jsonSchemaDialect", json!("https://example.com/d")).contains("example.com"));
}

#[test]
fn a_document_with_webhooks_only_gets_paths() {
    let converted = downlevel(&json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}})).unwrap();
    assert_eq!(converted["paths"], json!({}));
}
