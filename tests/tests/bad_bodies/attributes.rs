//! Attributes, by their schemas in the document.

use serde_json::{Value, json};
use tillgate_tests::{Operation, takes};

use super::{Case, with, with_containers};

const CARD_NUMBER: &str = "4242 4242 4242 4242";

fn schemas(operation: &Operation) -> impl Iterator<Item = (String, &Value)> {
    let properties = &operation.body.as_ref().expect("a body").attributes.properties;
    properties
        .iter()
        .map(|(name, schema)| (format!("/data/attributes/{name}"), schema))
}

/// The words of an enumeration.
fn is_enumeration(schema: &Value) -> bool {
    schema["oneOf"].is_array() || schema["enum"].is_array()
}

/// A value of each JSON type that the attribute doesn't take.
pub fn wrong_types(operation: &Operation, valid: &Value) -> Vec<Case> {
    let valid = with_containers(valid);
    let status = if operation.is_second_dialect() { 400 } else { 422 };
    let values = [
        ("null", json!(null)),
        ("boolean", json!(true)),
        ("integer", json!(5)),
        ("number", json!(1.5)),
        ("string", json!("five")),
        ("array", json!(["x"])),
        ("object", json!({ "x": 1 })),
    ];
    let mut cases = Vec::new();
    for (pointer, schema) in schemas(operation) {
        for (json_type, value) in &values {
            let words = is_enumeration(schema) && *json_type == "string";
            if !takes(schema, json_type) && !words {
                let body = with(&valid, &pointer, value.clone());
                let blank = value.is_null();
                let status = if blank { 422 } else { status };
                cases.push(Case::new(format!("{pointer} is {value}"), body.to_string(), status).at(&pointer));
            }
        }
    }
    cases
}

/// Values outside of the schema's bounds.
pub fn out_of_bounds(operation: &Operation, valid: &Value) -> Vec<Case> {
    let valid = with_containers(valid);
    let mut cases = Vec::new();
    for (pointer, schema) in schemas(operation) {
        let mut add = |value: Value| {
            let body = with(&valid, &pointer, value.clone()).to_string();
            let shown: String = value.to_string().chars().take(40).collect();
            cases.push(Case::new(format!("{pointer} is {shown}"), body, 422).at(&pointer));
        };
        if let Some(most) = schema["maxLength"].as_u64() {
            let long = "x".repeat(usize::try_from(most).expect("a length"));
            match schema["format"].as_str() {
                Some("uri") => add(format!("https://example.com/{long}").into()),
                Some("email") => add(format!("{long}@example.com").into()),
                _ => {
                    add(format!("{long}x").into());
                    add(format!("{}ü", long).into());
                }
            }
        }
        if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
            add("".into());
        }
        if schema["format"].is_string() {
            for text in ["nonsense", "http//x", "a@", "@", "javascript"] {
                add(text.into());
            }
        }
        if let Some(least) = schema["minimum"].as_i64() {
            add((least - 1).into());
            add(i64::MIN.into());
        }
        if let Some(most) = schema["maximum"].as_i64() {
            add((most + 1).into());
            add(i64::MAX.into());
            add(u64::MAX.into());
            add(json!(1e30));
        }
        if schema["pattern"].is_string() {
            for text in ["", "eur", "EURO", "E1R", " EUR", "EUR\n"] {
                add(text.into());
            }
        }
        if is_enumeration(schema) {
            for text in ["", "nonsense", "TOKEN", " token"] {
                add(text.into());
            }
        }
        if takes(schema, "integer") && schema.get("maximum").is_none() {
            panic!("{}: {pointer} has no bounds", operation.id);
        }
    }
    // Every resource has a text with a bound.
    assert!(cases.len() >= 2, "{}", operation.id);
    cases
}

/// NUL, which PostgreSQL's text can't hold, lone surrogates, and card numbers, wherever text is possible.
pub fn forbidden_strings(operation: &Operation, valid: &Value) -> Vec<Case> {
    let valid = with_containers(valid);
    let mut cases = Vec::new();
    let texts = schemas(operation).filter(|(_, schema)| takes(schema, "string") || is_enumeration(schema));
    for (pointer, _) in texts {
        let nul = with(&valid, &pointer, "a\0b".into()).to_string();
        cases.push(Case::new(format!("NUL in {pointer}"), nul, 422).at(&pointer));
        for number in [
            CARD_NUMBER,
            "4242424242424242",
            "3782-822463-10005",
            "6011 1111 1111 1117",
            "card 4242424242424242, 12/29, 123",
            "4242\t4242\u{a0}4242\u{2013}4242\n",
            "４２４２４２４２４２４２４２４２",
            "%34%32%34%32%34%32%34%32%34%32%34%32%34%32%34%32",
        ] {
            let body = with(&valid, &pointer, number.into()).to_string();
            let case = Case::new(format!("{number} in {pointer}"), body, 422);
            cases.push(case.at(&pointer).about("card_number"));
        }
        for escape in [r"\ud800", r"\udc00\ud800", r"\ud800x"] {
            let text = with(&valid, &pointer, "SURROGATE".into())
                .to_string()
                .replace("SURROGATE", escape);
            cases.push(Case::new(format!("{escape} in {pointer}"), text, 400));
        }
    }
    let metadata = "/data/attributes/metadata";
    for (value, inner) in [
        (json!({ "card": CARD_NUMBER }), "/card"),
        (json!({ "deep": [{ "card": CARD_NUMBER }] }), "/deep/0/card"),
        (json!({ "card": 4_242_424_242_424_242_u64 }), "/card"),
        (json!({ "card": 4_242_424_242_424_242.0 }), "/card"),
        (json!({ "card": -4_242_424_242_424_242_i64 }), "/card"),
        // The name isn't repeated.
        (json!({ CARD_NUMBER: true }), ""),
        (json!({ "deep": { CARD_NUMBER: true } }), "/deep"),
    ] {
        let body = with(&valid, metadata, value.clone()).to_string();
        let case = Case::new(format!("metadata {value}"), body, 422);
        cases.push(case.at(format!("{metadata}{inner}")).about("card_number"));
    }
    for value in [
        json!({ "a": "\0" }),
        json!({ "a\0": 1 }),
        json!({ "a": ["\u{0}x"] }),
    ] {
        cases.push(Case::new(
            "NUL in metadata",
            with(&valid, metadata, value).to_string(),
            422,
        ));
    }
    for (value, inner) in [
        (r#"{"a":1,"b":2,"a":1}"#, "/a"),
        (r#"{"deep":[{"b":2},{"a":1,"\u0061":2}]}"#, "/deep/1/a"),
    ] {
        let body = with(&valid, metadata, "VALUE".into()).to_string();
        let case = Case::new(
            format!("metadata {value}"),
            body.replace(r#""VALUE""#, value),
            400,
        );
        cases.push(case.at(format!("{metadata}{inner}")));
    }
    for (outer, pointer) in [(r#""data":"#, "/data"), (r#""attributes":"#, "/data/attributes")] {
        let twice =
            with(&valid, metadata, json!({}))
                .to_string()
                .replacen(outer, &format!("{outer}{{}},{outer}"), 1);
        cases.push(Case::new(format!("{pointer} twice"), twice, 400).at(pointer));
    }
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let body = with(&valid, metadata, json!({ "deep": "DEEP" }))
        .to_string()
        .replace(r#""DEEP""#, &deep);
    cases.push(Case::new("deep metadata", body, 400));
    cases
}
