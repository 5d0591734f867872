//! The comparison, tried on a small document that covers the three endpoints and on its mutations.

use serde_json::{Value, json};

use super::check;
use crate::files;

fn problems(document: &Value) -> Vec<String> {
    let tests = files::directory().join("../../tests/tests");
    check(document, &files::directory(), &files::deviations(), &tests).unwrap()
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn strings(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": ["string", "null"]})))
        .collect()
}

fn linkage(order_type: Value) -> Value {
    let identifier = object(
        &["type", "id"],
        json!({"type": order_type, "id": {"type": "string"}}),
    );
    object(
        &["order"],
        json!({"order": object(&["data"], json!({"data": identifier}))}),
    )
}

fn operation(request_types: &[&str], request: Value, answer: Value) -> Value {
    let content: Value = request_types
        .iter()
        .map(|name| ((*name).to_owned(), json!({"schema": request})))
        .collect();
    let answer = json!({"application/vnd.api+json": {"schema": answer}});
    json!({"post": {
        "requestBody": {"required": true, "content": content},
        "responses": {"201": {"description": "Created", "content": answer}}
    }})
}

fn gitbook_request(name: &str, required: &[&str], attributes: Value) -> Value {
    let mut members = vec!["type", "relationships"];
    if !required.is_empty() {
        members.push("attributes");
    }
    let data = json!({
        "type": {"const": name},
        "attributes": object(required, attributes),
        "relationships": linkage(json!({"const": "orders"}))
    });
    object(&["data"], json!({"data": object(&members, data)}))
}

fn gitbook_answer(mut attributes: Value) -> Value {
    for name in ["created_at", "updated_at"] {
        attributes[name] = json!({"type": "string", "format": "date-time"});
    }
    attributes["metadata"] = json!({"type": "object"});
    let names: Vec<_> = attributes.as_object().unwrap().keys().cloned().collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let links = object(
        &["self", "related"],
        json!({"self": {"type": "string"}, "related": {"type": "string"}}),
    );
    let relationship = object(&["links"], json!({"links": links}));
    let both = json!({"order": relationship, "payment_gateway": relationship});
    let data = json!({
        "id": {"type": "string"},
        "type": {"type": "string"},
        "links": object(&["self"], json!({"self": {"type": "string"}})),
        "attributes": object(&names, attributes),
        "relationships": object(&["order", "payment_gateway"], both),
        "meta": object(&["mode"], json!({"mode": {"enum": ["test", "live"]}}))
    });
    let members = ["id", "type", "links", "attributes", "relationships", "meta"];
    object(&["data"], json!({"data": object(&members, data)}))
}

/// A document that covers the documented endpoints, with the accepted deviations.
fn document() -> Value {
    let nullable_object = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Free"}]});
    let mut stripe = strings(&["reference", "reference_origin"]);
    stripe["options"] = nullable_object.clone();
    stripe["metadata"] = json!({"$ref": "#/components/schemas/Free"});
    let mut stripe_answer = strings(&[
        "client_secret",
        "publishable_key",
        "reference",
        "reference_origin",
    ]);
    stripe_answer["options"] = nullable_object.clone();
    stripe_answer["payment_method"] = nullable_object.clone();

    let mut checkout = strings(&["session_id", "reference", "reference_origin"]);
    checkout["payment_type"] = json!({"type": "string", "enum": ["token", "id"]});
    checkout["token"] = json!({"type": "string"});
    checkout["metadata"] = json!({"$ref": "#/components/schemas/Free"});
    let names = [
        "session_id",
        "source_id",
        "customer_token",
        "redirect_uri",
        "reference",
        "reference_origin",
    ];
    let mut checkout_answer = strings(&names);
    checkout_answer["payment_type"] = json!({"type": "string"});
    checkout_answer["token"] = json!({"type": "string"});
    checkout_answer["payment_response"] = nullable_object;

    let data = object(
        &["type", "relationships"],
        json!({
            "type": {"const": "payments"},
            "attributes": object(&[], strings(&["stripe_token", "stripe_payment_method_id"])),
            "relationships": linkage(json!({"enum": ["order", "orders"]}))
        }),
    );
    let api = ["application/vnd.api+json"];
    let stripe = gitbook_request("stripe_payments", &[], stripe);
    let checkout = gitbook_request("checkout_com_payments", &["token"], checkout);
    json!({
        "openapi": "3.1.0",
        "components": {"schemas": {"Free": {"type": "object"}}},
        "paths": {
            "/api/stripe_payments": operation(&api, stripe, gitbook_answer(stripe_answer)),
            "/api/checkout_com_payments": operation(&api, checkout, gitbook_answer(checkout_answer)),
            "/api/v1/payments":
                operation(&["application/json"], object(&["data"], json!({"data": data})), json!({}))
        }
    })
}

/// The document after `edit` of the value at `pointer`.
fn edited(pointer: &str, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = document();
    edit(document.pointer_mut(pointer).unwrap());
    problems(&document)
}

fn remove(name: &str) -> impl FnOnce(&mut Value) {
    move |object| drop(object.as_object_mut().unwrap().remove(name).unwrap())
}

fn unrequire(name: &str) -> impl FnOnce(&mut Value) {
    move |object| {
        object["required"]
            .as_array_mut()
            .unwrap()
            .retain(|required| required != name)
    }
}

const STRIPE: &str = "/paths/~1api~1stripe_payments/post";
const CHECKOUT: &str = "/paths/~1api~1checkout_com_payments/post";
const PAYMENTS: &str = "/paths/~1api~1v1~1payments/post";
const API: &str = "content/application~1vnd.api+json/schema/properties/data";
const JSON: &str = "content/application~1json/schema/properties/data";

#[track_caller]
fn one_line(lines: &[String], expected: &str) {
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with(expected), "{}", lines[0]);
}

#[test]
fn a_covering_document_has_no_problem() {
    assert_eq!(problems(&document()), [""; 0]);
}

#[test]
fn names_a_missing_path_and_a_missing_method() {
    one_line(
        &edited("/paths", remove("/api/stripe_payments")),
        "POST /api/stripe_payments missing_path",
    );
    one_line(
        &edited("/paths/~1api~1stripe_payments", |item| *item = json!({"get": {}})),
        "POST /api/stripe_payments missing_method",
    );
}

#[test]
fn names_a_missing_argument() {
    let at = format!("{STRIPE}/requestBody/{API}/properties/attributes/properties");
    one_line(
        &edited(&at, remove("options")),
        "POST /api/stripe_payments missing_argument at /data/attributes/options: expected object, found no such argument",
    );
}

#[test]
fn names_another_type_of_an_argument() {
    let at = format!("{CHECKOUT}/requestBody/{API}/properties/attributes/properties/session_id");
    one_line(
        &edited(&at, |schema| *schema = json!({"type": "integer"})),
        "POST /api/checkout_com_payments argument_type at /data/attributes/session_id: expected string, found integer",
    );
}

#[test]
fn names_another_required_flag_either_way() {
    let at = format!("{CHECKOUT}/requestBody/{API}/properties/attributes");
    one_line(
        &edited(&at, unrequire("token")),
        "POST /api/checkout_com_payments argument_required at /data/attributes/token: expected required, found optional",
    );
    let stricter = edited(&at, |schema| schema["required"] = json!(["token", "session_id"]));
    assert!(
        stricter
            .iter()
            .any(|line| line.contains("argument_required at /data/attributes/session_id: expected optional")),
        "{stricter:#?}"
    );
}

#[test]
fn names_a_required_argument_that_is_not_documented() {
    let at = format!("{CHECKOUT}/requestBody/{API}/properties/attributes");
    let lines = edited(&at, |schema| {
        schema["required"] = json!(["token", "extra"]);
        schema["properties"]["extra"] = json!({"type": "string"});
    });
    assert!(
        lines
            .iter()
            .any(|line| line.contains("undocumented_required at /data/attributes/extra")),
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("example_request at /data/attributes")),
        "{lines:#?}"
    );
}

#[test]
fn names_a_refused_value() {
    let at = format!("{PAYMENTS}/requestBody/{JSON}/properties/type");
    one_line(
        &edited(&at, |schema| {
            *schema = json!({"type": "string", "enum": ["payment"]})
        }),
        "POST /api/v1/payments argument_value at /data/type: expected \"payments\", found refused",
    );
}

#[test]
fn names_an_example_that_does_not_validate() {
    let at = format!("{CHECKOUT}/requestBody/{API}/properties/attributes/properties/token");
    one_line(
        &edited(&at, |schema| schema["maxLength"] = json!(5)),
        "POST /api/checkout_com_payments example_request at /data/attributes/token",
    );
}

#[test]
fn checks_a_moved_argument_where_it_stands() {
    let at = format!(
        "{PAYMENTS}/requestBody/{JSON}/properties/relationships/properties/order/properties/data/properties"
    );
    one_line(
        &edited(&at, |members| members["id"] = json!({"type": "integer"})),
        "POST /api/v1/payments argument_type at /data/relationships/order/data/id: expected string, found integer",
    );
    let gone = edited(&at, remove("id"));
    assert!(
        gone[0].contains("missing_argument at /data/relationships/order/data/id"),
        "{gone:#?}"
    );
}

#[test]
fn an_unused_deviation_is_named() {
    let at = format!("{PAYMENTS}/requestBody/{JSON}/properties/relationships");
    one_line(
        &edited(&at, unrequire("order")),
        "deviation payments-order-required is unused: POST /api/v1/payments has no argument_required",
    );
}

#[test]
fn names_a_missing_media_type() {
    let at = format!("{STRIPE}/requestBody/content");
    let lines = edited(&at, |content| {
        *content = json!({"application/json": content["application/vnd.api+json"]});
    });
    one_line(
        &lines,
        "POST /api/stripe_payments missing_media_type at /content/application~1vnd.api+json",
    );
}

#[test]
fn names_a_missing_answer() {
    one_line(
        &edited(&format!("{STRIPE}/responses"), |answers| {
            *answers = json!({"200": {}})
        }),
        "POST /api/stripe_payments missing_response at /responses/201: expected 201, found 200",
    );
    one_line(
        &edited(&format!("{STRIPE}/responses/201/content"), |content| {
            *content = json!({"text/html": {}})
        }),
        "POST /api/stripe_payments missing_response at /responses/201/application~1vnd.api+json",
    );
}

#[test]
fn names_each_fault_of_an_answer_member() {
    let attributes = format!("{STRIPE}/responses/201/{API}/properties/attributes");
    let without = edited(&format!("{attributes}/properties"), remove("client_secret"));
    one_line(
        &without,
        "POST /api/stripe_payments missing_response_member at /data/attributes/client_secret",
    );
    one_line(
        &edited(&attributes, unrequire("client_secret")),
        "POST /api/stripe_payments response_member_optional at /data/attributes/client_secret",
    );
    one_line(
        &edited(&format!("{attributes}/properties/payment_method"), |schema| {
            *schema = json!(true)
        }),
        "POST /api/stripe_payments response_member_type at /data/attributes/payment_method: expected object, found any",
    );
}

#[test]
fn only_an_attribute_may_be_null() {
    let mode = format!("{STRIPE}/responses/201/{API}/properties/meta/properties/mode");
    one_line(
        &edited(&mode, |schema| *schema = json!({"type": ["string", "null"]})),
        "POST /api/stripe_payments response_member_type at /data/meta/mode: expected string, found null or string",
    );
}
