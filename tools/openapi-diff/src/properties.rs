//! Rules that hold for any two documents, tried on many.

mod samples;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use self::samples::{instances, schema};
use super::change::{Class, Side};
use super::comparison::compare;
use super::documents::Documents;
use super::mutations::base;
use super::schema::{self as schemas, Finding};

const NAMES: [&str; 3] = ["D0", "D1", "D2"];

/// A document with components that refer to each other.
fn document(random: &mut StdRng) -> Value {
    let mut document = json!({"components": {"schemas": {}}});
    for name in NAMES {
        document["components"]["schemas"][name] = schema(random, 2);
    }
    document
}

/// A document that differs from `old` in one component.
fn variant(random: &mut StdRng, old: &Value) -> Value {
    let mut new = old.clone();
    let name = NAMES[random.random_range(0..NAMES.len())];
    new["components"]["schemas"][name] = schema(random, 2);
    new
}

fn findings(side: Side, old: &Value, new: &Value) -> Vec<Finding> {
    let root = |document| &document_schemas(document)["D0"];
    schemas::compare(&Documents::new(old, new), side, "the body", root(old), root(new))
}

fn document_schemas(document: &Value) -> &Value {
    &document["components"]["schemas"]
}

/// Whether a finding is that a member was added or removed: its class is a convention, and does not depend on the allowed values.
fn by_convention(findings: &[Finding]) -> bool {
    let verbs = [
        "no longer take `",
        "no longer have `",
        "no longer guarantee `",
        "now have `",
        "may now have `",
    ];
    let told = |finding: &Finding| verbs.iter().any(|verb| finding.what.starts_with(verb));
    findings.iter().any(told)
}

fn breaks(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.class == Class::Breaking)
}

/// Whether D0 of a document accepts each of the instances.
fn taken(document: &Value, instances: &[Value]) -> Vec<bool> {
    let mut root = document.clone();
    root["$ref"] = json!("#/components/schemas/D0");
    let validator = jsonschema::draft202012::new(&root).unwrap();
    instances
        .iter()
        .map(|instance| validator.is_valid(instance))
        .collect()
}

#[test]
fn what_does_not_break_takes_no_value_away_and_brings_none() {
    let mut random = StdRng::seed_from_u64(1);
    let instances = instances();
    let (mut quiet, mut loud) = (0, 0);
    for _ in 0..300 {
        let old = document(&mut random);
        let new = variant(&mut random, &old);
        let (before, after) = (taken(&old, &instances), taken(&new, &instances));
        for (side, narrow, wide) in [
            (Side::Request, &before, &after),
            (Side::Response, &after, &before),
        ] {
            let found = findings(side, &old, &new);
            if by_convention(&found) {
                continue;
            }
            if breaks(&found) {
                loud += 1;
                continue;
            }
            quiet += usize::from(!found.is_empty());
            for (index, instance) in instances.iter().enumerate() {
                assert!(
                    !narrow[index] || wide[index],
                    "{side}: {instance} makes a difference that is not told\nold {old}\nnew {new}\n{found:?}"
                );
            }
        }
    }
    assert!(
        quiet > 10 && loud > 50,
        "{quiet} quiet and {loud} breaking changes"
    );
}

#[test]
fn what_breaks_requests_in_one_direction_breaks_responses_in_the_other() {
    let mut random = StdRng::seed_from_u64(2);
    let mut broken = 0;
    for _ in 0..200 {
        let old = document(&mut random);
        let new = variant(&mut random, &old);
        let request = findings(Side::Request, &old, &new);
        let response = findings(Side::Response, &new, &old);
        if by_convention(&request) || by_convention(&response) {
            continue;
        }
        assert_eq!(
            breaks(&request),
            breaks(&response),
            "{request:?}\n{response:?}\nold {old}\nnew {new}"
        );
        broken += usize::from(breaks(&request));
    }
    assert!(broken > 50, "{broken}");
}

#[test]
fn a_document_is_equal_to_itself_in_any_order() {
    let base = base();
    let same = compare(&base, &base);
    assert_eq!(same.changes, []);
    let mut turned = base.clone();
    turn(&mut turned);
    assert_ne!(
        turned["paths"]["/orders"]["get"]["parameters"],
        base["paths"]["/orders"]["get"]["parameters"]
    );
    assert_eq!(compare(&base, &turned).changes, []);
    assert_eq!(compare(&turned, &base).changes, []);
}

/// Reverses the order of all lists and members. It does not matter in any list of the base document.
fn turn(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let turned = std::mem::take(members).into_iter().rev();
            members.extend(turned);
            members.values_mut().for_each(turn);
        }
        Value::Array(items) => {
            items.reverse();
            items.iter_mut().for_each(turn);
        }
        _ => {}
    }
}

#[test]
fn odd_documents_are_compared_too() {
    let base = base();
    let mut pointers = Vec::new();
    collect(&base, String::new(), &mut pointers);
    let odd = [json!(null), json!([]), json!("é")];
    for pointer in &pointers {
        let circle = json!({"$ref": format!("#{pointer}")});
        for value in odd.iter().chain([&circle]) {
            let mut broken = base.clone();
            *broken.pointer_mut(pointer).unwrap() = value.clone();
            compare(&base, &broken);
            compare(&broken, &base);
        }
    }
    for value in &odd {
        compare(value, &base);
        compare(&base, value);
    }
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    let child = |name: &str| openapi_document::pointer::child(&pointer, name);
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| collect(member, child(name), found)),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| collect(item, child(&index.to_string()), found));
        }
        _ => {}
    }
    found.push(pointer);
}

#[test]
fn circles_and_depths_end() {
    let nested = |leaf: &str| {
        let mut schema = json!({"type": leaf});
        for _ in 0..100 {
            schema = json!({"type": "object", "properties": {"a": schema}});
        }
        json!({"components": {"schemas": {"D0": schema}}})
    };
    assert!(breaks(&findings(
        Side::Request,
        &nested("string"),
        &nested("integer")
    )));
    let circle = |extra: &str| {
        let all = |name: &str| json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}]});
        let mut one = json!({"components": {"schemas": {"D0": all("D1"), "D1": all("D0")}}});
        one["components"]["schemas"]["D1"]["description"] = json!(extra);
        one
    };
    assert!(!findings(Side::Request, &circle("a"), &circle("b")).is_empty());
    let doubling = |last: &str| {
        let mut schemas = json!({});
        for depth in 0..40 {
            let next = json!({"$ref": format!("#/components/schemas/D{}", depth + 1)});
            schemas[format!("D{depth}")] = json!({"type": "object", "properties": {"l": next, "r": next}});
        }
        schemas["D40"] = json!({"type": last});
        json!({"components": {"schemas": schemas}})
    };
    assert!(breaks(&findings(
        Side::Request,
        &doubling("string"),
        &doubling("integer")
    )));
}
