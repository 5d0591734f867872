//! The document describes each answer fully: a member that is dropped, added or of another type is noticed.

use serde_json::{Value, json};
use tillgate_tests::contract::{Contract, Observed};
use tillgate_tests::fixtures::Fixtures;
use tillgate_tests::{Answer, JSON_API, Service};

/// Objects whose members are the client's or the PSP's, not ours.
const OPEN: [&str; 7] = [
    "metadata",
    "options",
    "payload",
    "payment_method",
    "payment_response",
    "payment_instrument",
    "credential_keys",
];
/// Members that are absent at the ends of a list.
const OPTIONAL: [&str; 3] = ["prev", "next", "last"];

/// An answer with one fault, and the fault.
type Mutant = (String, Value);

/// All answers that differ from one by a single fault.
fn mutants(body: &Value) -> Vec<Mutant> {
    let mut pointers = Vec::new();
    collect(body, String::new(), &mut pointers);
    let mut found = Vec::new();
    for pointer in pointers {
        let value = body.pointer(&pointer).expect("a pointer into the body");
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let is_object = value.is_object() || OPEN.contains(&name);
        let wrong = if is_object {
            json!("text")
        } else {
            json!({"wrong": [1]})
        };
        found.push((format!("{pointer} retyped"), replaced(body, &pointer, wrong)));
        if body.pointer(parent).is_some_and(Value::is_object) && !name.is_empty() && !OPTIONAL.contains(&name)
        {
            let mut dropped = body.clone();
            let siblings = dropped.pointer_mut(parent).and_then(Value::as_object_mut);
            siblings.expect("an object").remove(name);
            found.push((format!("{pointer} dropped"), dropped));
        }
        if value.is_object() && !OPEN.contains(&name) {
            found.push((
                format!("a member added to {pointer}"),
                replaced(body, &format!("{pointer}/added"), json!(1)),
            ));
        }
    }
    found
}

fn replaced(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return value;
    };
    match changed.pointer_mut(parent).expect("a pointer into the body") {
        Value::Object(members) => {
            members.insert(name.into(), value);
        }
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no members"),
    }
    changed
}

/// Pointers to all described members, with one item of each list.
fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    found.push(pointer.clone());
    let name = pointer.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Object(members) if !OPEN.contains(&name) => {
            for (name, member) in members {
                collect(member, format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                collect(first, format!("{pointer}/0"), found);
            }
        }
        _ => {}
    }
}

fn observed<'a>(method: &'a str, path: &'a str, status: u16, body: &'a [u8]) -> Observed<'a> {
    Observed {
        method,
        path,
        status,
        content_type: Some(JSON_API),
        body,
    }
}

/// Checks every mutant of an answer. Returns the number of mutants.
fn hold(contract: &Contract, method: &str, path: &str, answer: &Answer) -> usize {
    let status = answer.status;
    let path = path.split('?').next().unwrap_or(path);
    contract
        .check(&observed(
            method,
            path,
            status,
            answer.body.to_string().as_bytes(),
        ))
        .expect("the answer itself is as the document says");
    let mutants = mutants(&answer.body);
    for (fault, body) in &mutants {
        let outcome = contract.check(&observed(method, path, status, body.to_string().as_bytes()));
        assert!(
            outcome.is_err(),
            "{method} {path}: {fault}, and nothing was noticed: {body}"
        );
    }
    mutants.len()
}

#[tokio::test]
async fn a_fault_in_any_answer_is_noticed() {
    let service = Service::start().await;
    let fixtures = Fixtures::of_demo(&service).await;
    let contract = Contract::new(fixtures.open_api().root().clone()).expect("the document is a contract");
    let api = service.api().await;
    let ids = fixtures.one_of_each().await;
    let (mut operations, mut faults) = (0, 0);
    for operation in fixtures
        .open_api()
        .on_resources()
        .filter(|operation| operation.method == "GET")
    {
        let path = match ids.get(operation.kind()) {
            Some(id) => operation.path(id),
            None if operation.has_id() => continue,
            None => operation.template.clone(),
        };
        faults += hold(&contract, "GET", &path, &api.get(&path).await.expect(200));
        operations += 1;
    }
    for kind in fixtures.open_api().creatable() {
        let operation = fixtures.open_api().find("POST", kind).expect("it can be created");
        let answer = fixtures.create(kind).await.expect(201);
        faults += hold(&contract, "POST", &operation.template, &answer);
        operations += 1;
    }
    let missing = api.get("/api/orders/aaaaaaaaaa").await.expect(404);
    hold(&contract, "GET", "/api/orders/aaaaaaaaaa", &missing);
    assert!(operations > 60, "{operations} operations");
    assert!(faults > 2000, "{faults} faults");
}
