//! Requests that break the contract, and requests that do not.

use serde_json::{Value, json};
use tillgate_contract::{Contract, Fault, Part, Sent};

fn contract() -> Contract {
    let create = json!({
        "operationId": "create_order",
        "security": [{ "access_token": [] }],
        "parameters": [{ "$ref": "#/components/parameters/Key" }],
        "requestBody": { "required": true, "content": {
            "application/vnd.api+json": { "schema": { "$ref": "#/components/schemas/CreateOrder" } },
        } },
        "responses": {},
    });
    let list = json!({
        "operationId": "list_orders",
        "security": [{ "access_token": [] }],
        "parameters": [{
            "name": "page[size]", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 25 },
        }],
        "responses": {},
    });
    let token = json!({
        "operationId": "create_access_token",
        "security": [],
        "requestBody": { "content": {
            "application/x-www-form-urlencoded": { "schema": { "$ref": "#/components/schemas/TokenRequest" } },
        } },
        "responses": {},
    });
    let retrieve = json!({
        "operationId": "retrieve_order",
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "maxLength": 10 } }],
        "responses": {},
    });
    let document = json!({
        "openapi": "3.1.0",
        "paths": {
            "/api/orders": { "get": list, "post": create },
            "/api/orders/{id}": { "get": retrieve },
            "/oauth/token": { "post": token },
        },
        "components": {
            "parameters": { "Key": {
                "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string", "maxLength": 5 },
            } },
            "schemas": {
                "CreateOrder": {
                    "type": "object",
                    "required": ["data"],
                    "properties": { "data": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {
                            "type": { "const": "orders" },
                            "attributes": {
                                "type": "object",
                                "additionalProperties": false,
                                "properties": { "customer_email": { "type": "string", "format": "email" } },
                            },
                        },
                    } },
                },
                "TokenRequest": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": { "grant_type": { "const": "client_credentials" } },
                },
            },
        },
    });
    Contract::new(document).expect("the document is well formed")
}

const JSON_API: (&str, &str) = ("content-type", "application/vnd.api+json");
const TOKEN: (&str, &str) = ("authorization", "Bearer abc");
const KEY: (&str, &str) = ("idempotency-key", "k1");

fn faults(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Vec<Fault> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| (*value).to_owned())
    };
    let sent = Sent {
        method,
        path,
        query,
        header: &header,
        body: body.as_bytes(),
    };
    contract().check_request(&sent).expect("a usable document")
}

/// Part and place of each fault.
fn places(faults: &[Fault]) -> Vec<(Part, &str)> {
    faults
        .iter()
        .map(|fault| (fault.part, fault.at.as_str()))
        .collect()
}

fn order(attributes: Value) -> String {
    json!({ "data": { "type": "orders", "attributes": attributes } }).to_string()
}

#[test]
fn what_conforms_has_no_fault() {
    let good = order(json!({ "customer_email": "jo@example.com" }));
    let none: Vec<Fault> = Vec::new();
    assert_eq!(
        faults("POST", "/api/orders", &[TOKEN, KEY, JSON_API], &good),
        none
    );
    let charset = ("Content-Type", "Application/vnd.api+json; charset=utf-8");
    assert_eq!(faults("POST", "/api/orders", &[TOKEN, KEY, charset], &good), none);
    assert_eq!(faults("GET", "/api/orders?page%5Bsize%5D=25", &[TOKEN], ""), none);
    assert_eq!(faults("HEAD", "/api/orders", &[TOKEN, ("x-mine", "1")], ""), none);
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(
        faults("POST", "/oauth/token", &[form], "grant_type=client_credentials"),
        none
    );
}

#[test]
fn paths_and_methods() {
    assert_eq!(
        places(&faults("GET", "/api/order", &[TOKEN], "")),
        [(Part::Path, "")]
    );
    let wrong_method = faults("DELETE", "/api/orders", &[TOKEN], "");
    assert_eq!(places(&wrong_method), [(Part::Method, "")]);
    assert!(wrong_method[0].message.contains("GET, POST"), "{wrong_method:?}");
    assert_eq!(
        places(&faults("GET", "/api/orders/12345678901", &[], "")),
        [(Part::Path, "id")]
    );
}

#[test]
fn parameters_and_headers() {
    let places_of = |target: &str| faults("GET", target, &[TOKEN], "");
    assert_eq!(
        places(&places_of("/api/orders?include=market")),
        [(Part::Query, "include")]
    );
    for value in ["0", "26", "x", "1.5", ""] {
        let found = places_of(&format!("/api/orders?page[size]={value}"));
        assert_eq!(places(&found), [(Part::Query, "page[size]")], "{value}");
    }
    let good = order(json!({}));
    let without_key = faults("POST", "/api/orders", &[TOKEN, JSON_API], &good);
    assert_eq!(places(&without_key), [(Part::Header, "Idempotency-Key")]);
    let long = ("Idempotency-Key", "123456");
    let long_key = faults("POST", "/api/orders", &[TOKEN, JSON_API, long], &good);
    assert_eq!(places(&long_key), [(Part::Header, "Idempotency-Key")]);
}

#[test]
fn credentials() {
    for headers in [
        &[][..],
        &[("authorization", "Basic abc")],
        &[("authorization", "Bearer ")],
    ] {
        let found = faults("GET", "/api/orders", headers, "");
        assert_eq!(places(&found), [(Part::Security, "Authorization")], "{headers:?}");
    }
}

#[test]
fn bodies() {
    let sent = |content_type: &str, body: &str| {
        faults(
            "POST",
            "/api/orders",
            &[TOKEN, KEY, ("content-type", content_type)],
            body,
        )
    };
    let json_api = |body: &str| sent("application/vnd.api+json", body);
    let found = json_api(&order(json!({ "customer_mail": "jo@example.com", "a/b": 1 })));
    assert_eq!(
        places(&found),
        [
            (Part::Body, "/data/attributes/customer_mail"),
            (Part::Body, "/data/attributes/a~1b")
        ]
    );
    let secret = json_api(&order(json!({ "customer_email": "my secret" })));
    assert_eq!(places(&secret), [(Part::Body, "/data/attributes/customer_email")]);
    assert!(!secret[0].message.contains("my secret"), "{secret:?}");
    let missing = json_api("{}");
    assert_eq!(places(&missing), [(Part::Body, "")]);
    assert!(missing[0].message.contains("`data`"), "{missing:?}");
    assert_eq!(places(&json_api("{")), [(Part::Body, "")]);
    assert_eq!(places(&json_api("")), [(Part::Body, "")]);
    assert_eq!(places(&sent("text/plain", "x")), [(Part::MediaType, "")]);
    let untyped = faults("POST", "/api/orders", &[TOKEN, KEY], "{}");
    assert_eq!(places(&untyped), [(Part::MediaType, "")]);
    assert_eq!(
        places(&faults("GET", "/api/orders", &[TOKEN], "{}")),
        [(Part::Body, "")]
    );
    let form = ("content-type", "application/x-www-form-urlencoded");
    let other_grant = faults("POST", "/oauth/token", &[form], "grant_type=password");
    assert_eq!(places(&other_grant), [(Part::Body, "/grant_type")]);
}
