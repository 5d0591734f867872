//! Linkage, by its schemas in the document.

use serde_json::{Value, json};
use tillgate_tests::Operation;

use super::{Case, with, with_containers};

/// Linkage with a wrong form, to another type, and to a missing resource. If an operation has no relationship, an unknown one.
pub fn wrong_linkage(operation: &Operation, valid: &Value) -> Vec<Case> {
    let valid = with_containers(valid);
    let schemas = &operation.body.as_ref().expect("a body").relationships.properties;
    let mut cases = Vec::new();
    if schemas.is_empty() {
        let pointer = "/data/relationships/order";
        let body = with(
            &valid,
            pointer,
            json!({ "data": { "type": "orders", "id": "AAAAAAAAAA" } }),
        );
        cases.push(Case::new("a relationship that is not taken", body.to_string(), 400).at(pointer));
    }
    for (name, schema) in schemas {
        let pointer = format!("/data/relationships/{name}");
        let data = format!("{pointer}/data");
        let nullable = schema["properties"]["data"]["oneOf"].is_array();
        let kind = type_of(schema);
        let mut add = |value: Value, status: u16, at: String| {
            let body = with(&valid, &pointer, value.clone()).to_string();
            cases.push(Case::new(format!("{pointer} is {value}"), body, status).at(at));
        };
        for value in [json!(null), json!([]), json!("x"), json!({})] {
            add(value, 400, pointer.clone());
        }
        for value in [
            json!([]),
            json!("x"),
            json!(1),
            json!([{ "type": kind, "id": "AAAAAAAAAA" }]),
        ] {
            add(json!({ "data": value }), 400, data.clone());
        }
        if !nullable {
            add(json!({ "data": null }), 400, data.clone());
        }
        add(json!({ "data": {} }), 400, data.clone());
        add(json!({ "data": { "type": kind } }), 400, data.clone());
        add(json!({ "data": { "id": "AAAAAAAAAA" } }), 400, data.clone());
        add(
            json!({ "data": { "type": kind, "id": 5 } }),
            400,
            format!("{data}/id"),
        );
        add(
            json!({ "data": { "type": kind, "id": null } }),
            400,
            format!("{data}/id"),
        );
        add(
            json!({ "data": { "type": 5, "id": "AAAAAAAAAA" } }),
            400,
            format!("{data}/type"),
        );
        add(
            json!({ "data": { "type": "coupons", "id": "AAAAAAAAAA" } }),
            422,
            format!("{data}/type"),
        );
        add(
            json!({ "data": { "type": kind, "id": "" } }),
            422,
            format!("{data}/id"),
        );
        add(
            json!({ "data": { "type": kind, "id": "x".repeat(65) } }),
            422,
            format!("{data}/id"),
        );
        for id in [
            "AAAAAAAAAA",
            "x",
            "../../orders",
            "' OR 1=1 --",
            "ÄÄÄÄÄÄÄÄÄÄ",
            "1234567890",
        ] {
            add(
                json!({ "data": { "type": kind, "id": id } }),
                404,
                format!("{data}/id"),
            );
        }
    }
    cases
}

/// A type that the linkage accepts.
fn type_of(schema: &Value) -> String {
    let data = &schema["properties"]["data"];
    let identifier = data["oneOf"]
        .as_array()
        .and_then(|options| options.last())
        .unwrap_or(data);
    let kind = &identifier["properties"]["type"];
    let word = kind["const"].as_str().or_else(|| kind["enum"][0].as_str());
    word.unwrap_or_else(|| panic!("no type in {schema}")).to_owned()
}
