//! Mutations of a small document, each with its class.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use self::Step::{Append, Move, Remove, Set};
use super::change::{Class, group};
use super::comparison::compare;

/// A row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    name: String,
    r#do: Vec<Step>,
    class: String,
    #[serde(default)]
    says: String,
}

/// A step of a mutation, by JSON Pointer.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    Set(String, Value),
    Append(String, Value),
    Remove(String),
    Move(String, String),
}

pub fn base() -> Value {
    serde_json::from_str(include_str!("fixtures/base.json")).unwrap()
}

fn table() -> Vec<Mutation> {
    let table: Value = serde_yaml_ng::from_str(include_str!("fixtures/mutations.yaml")).unwrap();
    serde_json::from_value(table).unwrap()
}

fn mutated(steps: &[Step]) -> Value {
    let mut document = base();
    for step in steps {
        match step {
            Set(pointer, value) => set(&mut document, pointer, value.clone()),
            Append(pointer, value) => {
                let list = document
                    .pointer_mut(pointer)
                    .and_then(Value::as_array_mut)
                    .expect(pointer);
                list.push(value.clone());
            }
            Remove(pointer) => {
                take(&mut document, pointer);
            }
            Move(from, to) => {
                let value = take(&mut document, from);
                set(&mut document, to, value);
            }
        }
    }
    document
}

fn parent<'a>(document: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    (document.pointer_mut(parent).expect(parent), name)
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = parent(document, pointer);
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        parent => parent[name] = value,
    }
}

fn take(document: &mut Value, pointer: &str) -> Value {
    let (parent, name) = parent(document, pointer);
    match parent {
        Value::Array(items) => items.remove(name.parse().unwrap()),
        parent => parent
            .as_object_mut()
            .unwrap()
            .shift_remove(&name)
            .expect(pointer),
    }
}

#[test]
fn every_mutation_has_its_class() {
    let base = base();
    let table = table();
    let mut wrong = Vec::new();
    for Mutation {
        name,
        r#do,
        class,
        says,
    } in &table
    {
        let changes = compare(&base, &mutated(r#do)).changes;
        let worst = changes.iter().map(|change| change.class).min();
        let found = worst.map_or_else(|| "none".to_owned(), |class| class.to_string());
        let mut of_class = changes.iter().filter(|change| Some(change.class) == worst);
        let said = worst.is_none() || of_class.any(|change| change.sentence().contains(says));
        if found != *class || !said {
            let sentences = changes
                .iter()
                .map(|change| format!("\n  {}: {}", change.class, change.sentence()));
            wrong.push(format!("{name}:{}", sentences.collect::<String>()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        table.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_rows_of_the_table_have_different_names() {
    let table = table();
    let names: BTreeSet<_> = table.iter().map(|row| &row.name).collect();
    assert_eq!(names.len(), table.len());
}

#[test]
fn a_change_in_a_shared_component_is_one_line_for_people() {
    let document = mutated(&[Append(
        "/components/schemas/Error/properties/code/enum".to_owned(),
        json!("gone"),
    )]);
    let comparison = compare(&base(), &document);
    let breaking: Vec<_> = group(&comparison.changes)
        .into_iter()
        .filter(|group| group.class == Class::Breaking)
        .map(|group| group.line(&comparison.operations))
        .collect();
    assert_eq!(
        breaking,
        [
            "responses of create_order, list_orders, read_order may now have `\"gone\"` for `code` (body /code; 404, 422, 500)"
        ]
    );
}
