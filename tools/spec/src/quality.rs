//! The required contents of every operation of the document: its purpose, examples of a request and each answer, and its refusal
//! codes.

use std::collections::HashMap;
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::{Value, json};

use openapi_document::{Operation, members, operations, resolve};
use tillgate_server::openapi::document;

/// Validates examples of a document; schemas are compiled once.
struct Examples<'a> {
    document: &'a Value,
    validators: HashMap<String, Rc<Validator>>,
    count: usize,
}

impl<'a> Examples<'a> {
    fn of(document: &'a Value) -> Self {
        Self {
            document,
            validators: HashMap::new(),
            count: 0,
        }
    }

    /// The mistakes in the examples of a request's or response's contents.
    fn problems(&mut self, place: &str, content: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        for (media_type, body) in members(content) {
            let named = members(&body["examples"]).map(|(_, example)| self.value(example));
            let examples: Vec<Value> = named.chain(body.get("example").cloned()).collect();
            if examples.is_empty() {
                problems.push(format!("{place} {media_type}: no example"));
            }
            let validator = self.validator(&body["schema"]);
            for example in &examples {
                self.count += 1;
                let errors = validator.iter_errors(example);
                problems.extend(
                    errors.map(|error| format!("{place} {media_type}{}: {error}", error.instance_path())),
                );
            }
        }
        problems
    }

    fn value(&self, example: &Value) -> Value {
        let example = resolve(self.document, example).expect("the example is in the document");
        example["value"].clone()
    }

    fn validator(&mut self, schema: &Value) -> Rc<Validator> {
        let validator = self.validators.entry(schema.to_string()).or_insert_with(|| {
            let mut root = schema.clone();
            root["components"] = json!({"schemas": self.document["components"]["schemas"]});
            let options = jsonschema::options().should_validate_formats(true);
            Rc::new(options.build(&root).expect("the schema compiles"))
        });
        validator.clone()
    }
}

fn responses<'a>(document: &'a Value, operation: &Operation<'a>) -> Vec<(&'a String, &'a Value)> {
    let declared = members(&operation.value["responses"]);
    declared
        .map(|(status, response)| {
            (
                status,
                resolve(document, response).expect("the response is there"),
            )
        })
        .collect()
}

fn place(operation: &Operation<'_>) -> String {
    format!("{} {}", operation.method, operation.path)
}

#[test]
fn every_operation_and_answer_is_described() {
    let document = document();
    let is_text = |value: &Value| value.as_str().is_some_and(|text| text.len() > 5);
    for operation in operations(&document) {
        let place = place(&operation);
        assert!(is_text(&operation.value["summary"]), "{place} has no summary");
        assert!(
            is_text(&operation.value["description"]),
            "{place} has no description"
        );
        for (status, response) in responses(&document, &operation) {
            assert!(
                is_text(&response["description"]),
                "{place} {status} has no description"
            );
        }
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            let parameter = resolve(&document, parameter).expect("the parameter is there");
            assert!(
                is_text(&parameter["description"]),
                "{place}: {}",
                parameter["name"]
            );
        }
    }
}

#[test]
fn every_request_and_answer_has_examples_that_fit() {
    let document = document();
    let mut examples = Examples::of(&document);
    let mut problems = Vec::new();
    for operation in operations(&document) {
        let place = place(&operation);
        problems.extend(examples.problems(&place, &operation.value["requestBody"]["content"]));
        for (status, response) in responses(&document, &operation) {
            problems.extend(examples.problems(&format!("{place} {status}"), &response["content"]));
        }
    }
    assert_eq!(problems, [""; 0]);
    assert!(examples.count > 3000, "{}", examples.count);
}

#[test]
fn every_call_of_a_webhook_has_an_example_that_fits() {
    let document = document();
    let mut examples = Examples::of(&document);
    let mut problems = Vec::new();
    for (topic, item) in members(&document["webhooks"]) {
        problems.extend(examples.problems(topic, &item["post"]["requestBody"]["content"]));
    }
    assert_eq!(problems, [""; 0]);
    assert!(examples.count > 20, "{}", examples.count);
}

#[test]
fn every_refusal_tells_its_codes_and_shows_each() {
    let document = document();
    for operation in operations(&document) {
        let place = place(&operation);
        let codes = &operation.value["x-error-codes"];
        for (status, response) in responses(&document, &operation) {
            let listed = codes[status].as_array();
            if status.starts_with('2') || status.starts_with('3') {
                assert!(listed.is_none(), "{place} {status} is no error");
                continue;
            }
            let listed = listed.unwrap_or_else(|| panic!("{place} {status} lists no codes"));
            assert!(!listed.is_empty(), "{place} {status}");
            let examples = &response["content"]["application/vnd.api+json"]["examples"];
            for (name, example) in members(examples) {
                let error = &example["value"]["errors"][0];
                assert!(
                    listed.contains(&error["code"]),
                    "{place} {status}: {name} is not listed"
                );
                assert_eq!(error["status"], json!(status), "{place}: {name}");
            }
            // The rules that a value can break are codes of their own in the Foodetective dialect: one of them is shown.
            let shown = members(examples).count();
            let enough = if status == "422" { 1 } else { listed.len() };
            assert!(shown >= enough, "{place} {status} shows {shown} of {listed:?}");
        }
        for (status, _) in members(codes) {
            assert!(
                operation.value["responses"].get(status).is_some(),
                "{place} {status}"
            );
        }
    }
}
