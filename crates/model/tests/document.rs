//! The document that the declarations give.

use serde_json::{Value, json};
use tillgate_model::{for_each_resource, openapi, openapi::components, request::Shape, resources::*};

fn document() -> Value {
    let mut document = serde_json::to_value(
        utoipa::openapi::OpenApiBuilder::new()
            .paths(openapi::paths::paths())
            .build(),
    )
    .expect("utoipa's types serialize");
    openapi::finish(&mut document);
    openapi::stamp(&mut document);
    document
}

fn visit<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference);
            }
            members.values().for_each(|member| visit(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    visit(&document, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

#[test]
fn every_request_example_fits_its_schema() {
    let document = document();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (verb, operation) in item.as_object().expect("path item") {
            let content = &operation["requestBody"]["content"]["application/vnd.api+json"];
            let Some(reference) = content["schema"]["$ref"].as_str() else {
                continue;
            };
            let schema = json!({"$ref": reference, "components": document["components"]});
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .expect("schema compiles");
            let scenarios = content["examples"].as_object().into_iter().flatten();
            let values = scenarios.map(|(_, scenario)| &scenario["value"]);
            let examples: Vec<&Value> = values.chain(content.get("example")).collect();
            assert!(!examples.is_empty(), "{verb} {path} has no example");
            for example in examples {
                let errors: Vec<String> = validator
                    .iter_errors(example)
                    .map(|error| error.to_string())
                    .collect();
                assert!(errors.is_empty(), "{verb} {path}: {errors:?} in {example}");
                seen += 1;
            }
        }
    }
    assert!(seen > 15);
}

#[test]
fn request_shapes_compile_and_name_what_is_missing() {
    let shape = Shape::create::<CheckoutComPayment>();
    let body = json!({"data": {"type": "checkout_com_payments", "attributes": {"session_id": 5, "foo": 1}}});
    let problems = shape
        .read_create::<CheckoutComPayment>(body.to_string().as_bytes())
        .err()
        .expect("refused");
    let rendered = problems
        .render(tillgate_model::Dialect::CommerceLayer)
        .to_string();
    for expected in [
        "token - can't be blank",
        "order - can't be blank",
        "/data/attributes/foo",
        "session_id - must be of type null or string",
    ] {
        assert!(rendered.contains(expected), "{expected} in {rendered}");
    }
}

#[test]
fn what_only_the_type_knows_has_a_pointer_too() {
    let shape = Shape::create::<Market>();
    let body = json!({"data": {"type": "markets", "attributes": {"name": "a", "currency_code": "QQQ"}}});
    let problems = shape
        .read_create::<Market>(body.to_string().as_bytes())
        .err()
        .expect("refused");
    let rendered = problems
        .render(tillgate_model::Dialect::CommerceLayer)
        .to_string();
    assert!(rendered.contains("/data/attributes/currency_code"), "{rendered}");
}

#[test]
fn no_schema_says_that_a_member_is_null_by_default() {
    assert!(!document().to_string().contains("\"default\":null"));
}

macro_rules! kinds {
    ($($name:ident)*) => { [$(<$name as tillgate_model::Resource>::META.schema),*] };
}

#[test]
fn each_resource_has_its_components() {
    let components = components::components().into_map();
    for name in for_each_resource!(kinds) {
        for suffix in ["", "Attributes", "Document", "List"] {
            assert!(
                components.contains_key(&format!("{name}{suffix}")),
                "{name}{suffix}"
            );
        }
    }
}

#[test]
#[ignore = "prints the document, for a person to read"]
fn print() {
    println!("{}", serde_json::to_string_pretty(&document()).expect("JSON"));
}
