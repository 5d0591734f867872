//! The document in the form that generators handle best. It describes the same requests and answers, but clients have to know
//! less of it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use openapi_document::JSON_API;

const SCHEMAS: &str = "#/components/schemas/";
/// The security schemes that generators would turn into a second `Authorization` header, or into a library of its own: clients
/// request tokens with `create_access_token`, like every other operation.
const CREDENTIALS: [&str; 2] = ["client_credentials", "customer_password"];

/// The document for generators.
pub fn for_generators(mut document: Value) -> Value {
    one_media_type(&mut document);
    leave_out_links(&mut document);
    leave_out_credentials(&mut document);
    leave_out_copies(&mut document);
    open_answers_and_close_requests(&mut document);
    document
}

/// The document for the Rust generator. It makes an enum of all error answers and reads any of them as the first, so there is
/// only one; and it would remove the discriminator's member from the types that have it.
pub fn for_rust(document: Value) -> Value {
    let mut document = for_generators(document);
    one_error(&mut document);
    leave_out_discriminators(&mut document);
    document
}

fn one_error(document: &mut Value) {
    for operation in operations(document) {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            let errors: Vec<String> = responses
                .keys()
                .filter(|status| status.starts_with(['4', '5']))
                .cloned()
                .collect();
            for status in errors {
                if let Some(error) = responses.shift_remove(&status) {
                    responses.insert("default".into(), error);
                }
            }
        }
    }
}

fn leave_out_discriminators(document: &mut Value) {
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for schema in schemas.values_mut().filter_map(Value::as_object_mut) {
            schema.shift_remove("discriminator");
        }
    }
}

/// Keeps only the JSON:API type of a body: generators make one type, method or parameter for each media type, although all are
/// equal.
fn one_media_type(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(content)) = members.get_mut("content")
                && content.contains_key(JSON_API)
            {
                content.retain(|name, _| name == JSON_API);
            }
            members.values_mut().for_each(one_media_type);
        }
        Value::Array(items) => items.iter_mut().for_each(one_media_type),
        _ => {}
    }
}

/// Removes 304: generated clients keep no copies of answers, and would treat it as an error.
fn leave_out_copies(document: &mut Value) {
    for operation in operations(document) {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            responses.shift_remove("304");
        }
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            parameters.retain(|parameter| parameter["$ref"] != "#/components/parameters/IfNoneMatch");
        }
    }
}

/// Removes links: no generator uses them, and OpenAPI Generator refuses those whose request body is not a string, which OpenAPI
/// allows (Link Object, `requestBody`).
fn leave_out_links(document: &mut Value) {
    for operation in operations(document) {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            if let Value::Object(members) = response {
                members.remove("links");
            }
        }
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    operations.filter_map(Value::as_object_mut)
}

fn leave_out_credentials(document: &mut Value) {
    if let Some(schemes) = document
        .pointer_mut("/components/securitySchemes")
        .and_then(Value::as_object_mut)
    {
        schemes.retain(|name, _| !CREDENTIALS.contains(&name.as_str()));
    }
    for operation in operations(document) {
        if let Some(Value::Array(alternatives)) = operation.get_mut("security") {
            let gets_tokens =
                |alternative: &Value| CREDENTIALS.iter().any(|name| alternative.get(name).is_some());
            alternatives.retain(|alternative| !gets_tokens(alternative));
        }
    }
}

/// Opens answers, which the document closes so that tests find each undescribed member: a client must read members that a later
/// version adds. Closes requests: a generated type has no place for more.
fn open_answers_and_close_requests(document: &mut Value) {
    let mut requested = HashSet::new();
    for item in members(&document["paths"]) {
        for operation in members(item) {
            collect(document, &operation["requestBody"], &mut requested);
        }
    }
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for (name, schema) in schemas {
            if requested.contains(name) {
                close(schema);
            } else {
                open(schema);
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(Map::values)
}

/// The names of the schemas that `value` leads to.
fn collect(document: &Value, value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(inside) => {
            let name = value["$ref"].as_str().and_then(|text| text.strip_prefix(SCHEMAS));
            if let Some(name) = name
                && found.insert(name.to_owned())
            {
                collect(document, &document["components"]["schemas"][name], found);
            }
            inside
                .values()
                .for_each(|member| collect(document, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(document, item, found)),
        _ => {}
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("properties").is_some_and(Value::is_object) {
                keywords
                    .entry("additionalProperties")
                    .or_insert_with(|| json!(false));
            }
            keywords.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn open(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("additionalProperties") == Some(&json!(false)) {
                keywords.remove("additionalProperties");
            }
            keywords.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_one_media_type() {
        let body = |types: &[&str]| {
            let content: Map<String, Value> =
                types.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
            json!({"paths": {"/a": {"post": {"requestBody": {"content": content}}}}})
        };
        assert_eq!(
            for_generators(body(&["application/json", JSON_API])),
            body(&[JSON_API])
        );
        assert_eq!(for_generators(body(&["text/html"])), body(&["text/html"]));
    }

    #[test]
    fn answers_have_no_links() {
        let answer = |links: Value| json!({"paths": {"/a": {"get": {"responses": {"200": links}}}}});
        let document = answer(json!({"description": "d", "links": {"next": {"requestBody": {}}}}));
        assert_eq!(for_generators(document), answer(json!({"description": "d"})));
    }

    #[test]
    fn in_rust_all_errors_are_one_answer_and_unions_have_no_discriminator() {
        let document = json!({
            "paths": {"/a": {"get": {"responses": {"200": {}, "404": {"$ref": "e"}, "422": {"$ref": "e"}}}}},
            "components": {"schemas": {"Union": {"oneOf": [], "discriminator": {"propertyName": "type"}}}}
        });
        let expected = json!({
            "paths": {"/a": {"get": {"responses": {"200": {}, "default": {"$ref": "e"}}}}},
            "components": {"schemas": {"Union": {"oneOf": []}}}
        });
        assert_eq!(for_rust(document), expected);
    }

    #[test]
    fn the_only_way_to_authenticate_is_a_token() {
        let document = json!({
            "paths": {"/a": {"get": {"security": [
                {"access_token": []}, {"client_credentials": []}, {"customer_password": []}
            ]}}},
            "components": {"securitySchemes": {
                "access_token": {}, "client_credentials": {}, "customer_password": {}
            }}
        });
        let expected = json!({
            "paths": {"/a": {"get": {"security": [{"access_token": []}]}}},
            "components": {"securitySchemes": {"access_token": {}}}
        });
        assert_eq!(for_generators(document), expected);
    }

    #[test]
    fn what_is_sent_is_closed_and_what_is_answered_is_open() {
        let closed = json!({"type": "object", "additionalProperties": false});
        let document = json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {JSON_API: {"schema": {"$ref": "#/components/schemas/Create"}}}},
                "responses": {"201": {"content": {JSON_API: {"schema": {"$ref": "#/components/schemas/Answer"}}}}}
            }}},
            "components": {"schemas": {
                "Create": {"properties": {"attributes": {"$ref": "#/components/schemas/Attributes"}}},
                "Attributes": closed,
                "Answer": {"properties": {"data": closed}, "additionalProperties": false}
            }}
        });
        let schemas = for_generators(document)["components"]["schemas"].take();
        assert_eq!(schemas["Attributes"], closed);
        assert_eq!(schemas["Create"]["additionalProperties"], false);
        assert_eq!(
            schemas["Answer"],
            json!({"properties": {"data": {"type": "object"}}})
        );
    }
}
