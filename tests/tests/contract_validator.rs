//! The validator that all other tests rely on fails when it should.

use serde_json::{Value, json};
use tillgate_tests::contract::{Contract, Observed};

const PATH: &str = "/api/orders/QWERtyUpBa";

fn contract() -> Contract {
    let attributes = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["number", "placed_at", "metadata"],
        "properties": {
            "number": { "type": "string" },
            "placed_at": { "type": ["string", "null"], "format": "date-time" },
            "metadata": { "type": "object" },
        },
    });
    let document = json!({
        "openapi": "3.1.0",
        "paths": {
            "/api/orders/{id}": {
                "get": {
                    "operationId": "retrieve_order",
                    "x-error-codes": { "404": ["RECORD_NOT_FOUND"] },
                    "responses": {
                        "200": { "description": "OK", "content": { "application/vnd.api+json": { "schema": {
                            "type": "object",
                            "additionalProperties": false,
                            "required": ["data"],
                            "properties": { "data": { "$ref": "#/components/schemas/Attributes" } },
                        } } } },
                        "404": { "$ref": "#/components/responses/NotFound" },
                    },
                },
                "delete": { "operationId": "delete_order", "responses": { "204": { "description": "Gone" } } },
            },
        },
        "components": {
            "schemas": {
                "Attributes": attributes,
                "Errors": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["errors"],
                    "properties": { "errors": { "type": "array", "minItems": 1 } },
                },
            },
            "responses": { "NotFound": { "description": "No such record", "content": {
                "application/vnd.api+json": { "schema": { "$ref": "#/components/schemas/Errors" } },
            } } },
        },
    });
    Contract::new(document).expect("the document is well formed")
}

fn good() -> Value {
    json!({ "data": { "number": "1", "placed_at": "2026-01-01T00:00:00.000Z", "metadata": { "any": ["thing"] } } })
}

fn check(status: u16, content_type: Option<&str>, body: &str) -> Result<(), String> {
    let observed = Observed {
        method: "GET",
        path: PATH,
        status,
        content_type,
        body: body.as_bytes(),
    };
    contract().check(&observed).map_err(|error| format!("{error:#}"))
}

fn check_body(body: &Value) -> Result<(), String> {
    check(200, Some("application/vnd.api+json"), &body.to_string())
}

fn failure(result: Result<(), String>, part: &str) {
    let message = result.expect_err("the answer breaks the contract");
    assert!(message.contains(part), "{part:?} is not in: {message}");
}

#[test]
fn a_declared_answer_passes() {
    check_body(&good()).expect("the answer keeps the contract");
    check(
        404,
        Some("application/vnd.api+json; charset=utf-8"),
        r#"{"errors":[{"status":"404","code":"RECORD_NOT_FOUND"}]}"#,
    )
    .expect("as declared");
}

#[test]
fn an_error_code_that_the_operation_does_not_list_fails() {
    for errors in [
        r#"[{"status":"404","code":"GONE"}]"#,
        r#"[{"status":"409","code":"RECORD_NOT_FOUND"}]"#,
        "[{}]",
    ] {
        let body = format!(r#"{{"errors":{errors}}}"#);
        let answer = check(404, Some("application/vnd.api+json"), &body);
        failure(answer, "has a code that is not listed");
    }
}

#[test]
fn every_dropped_member_fails() {
    for member in ["number", "placed_at", "metadata"] {
        let mut body = good();
        body["data"].as_object_mut().expect("an object").remove(member);
        failure(check_body(&body), &format!("\"{member}\" is a required property"));
    }
    failure(check_body(&json!({})), "\"data\" is a required property");
}

#[test]
fn an_added_member_fails_except_in_open_objects() {
    let mut body = good();
    body["data"]["extra"] = json!(1);
    failure(check_body(&body), "extra");
    let mut body = good();
    body["data"]["metadata"]["extra"] = json!(1);
    check_body(&body).expect("metadata is open");
}

#[test]
fn every_retyped_member_fails() {
    for (member, value) in [
        ("number", json!(1)),
        ("placed_at", json!("yesterday")),
        ("metadata", json!([])),
    ] {
        let mut body = good();
        body["data"][member] = value;
        failure(check_body(&body), &format!("/data/{member}"));
    }
}

#[test]
fn an_undeclared_status_content_type_or_operation_fails() {
    failure(
        check(418, Some("application/vnd.api+json"), "{}"),
        "status 418 is not declared",
    );
    failure(
        check(200, Some("text/html"), &good().to_string()),
        "Content-Type text/html is not declared",
    );
    failure(check(200, None, &good().to_string()), "no Content-Type");
    failure(check(200, Some("application/vnd.api+json"), "{"), "not JSON");
    let elsewhere = Observed {
        method: "GET",
        path: "/api/x",
        status: 200,
        content_type: None,
        body: b"",
    };
    failure(
        contract().check(&elsewhere).map_err(|error| error.to_string()),
        "not in the document",
    );
}

#[test]
fn a_body_where_none_is_declared_fails() {
    let answer = |body| Observed {
        method: "DELETE",
        path: PATH,
        status: 204,
        content_type: None,
        body,
    };
    contract()
        .check(&answer(b""))
        .expect("204 is declared without a body");
    failure(
        contract()
            .check(&answer(b"{}"))
            .map_err(|error| format!("{error:#}")),
        "no body is declared",
    );
}

#[test]
fn undeclared_paths_are_404_and_undeclared_methods_405() {
    let answer = |method, path, status| Observed {
        method,
        path,
        status,
        content_type: Some("application/vnd.api+json"),
        body: br#"{"errors":[{}]}"#,
    };
    let check = |observed| {
        contract()
            .check_undeclared(&observed)
            .map_err(|error| format!("{error:#}"))
    };
    check(answer("GET", "/api/nothing", 404)).expect("an unknown path is 404");
    check(answer("PUT", PATH, 405)).expect("an unknown method is 405");
    failure(check(answer("PUT", PATH, 404)), "expected 405, got 404");
    failure(check(answer("GET", "/api/nothing", 200)), "expected 404, got 200");
    failure(check(answer("GET", PATH, 404)), "is in the document");
    failure(
        check(Observed {
            body: b"{}",
            ..answer("GET", "/api/nothing", 404)
        }),
        "not as an error document",
    );
}
