//! Rules for every string of a body, at any place.

use serde_json::Value;

use crate::{Problem, ProblemList, pointer::child};

/// A step from a value to one within it.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// Longest pointer. A longer one leads to a member around the value.
const MAX_POINTER: usize = 512;

/// Adds the strings that can't be stored: PostgreSQL's text has no NUL.
pub fn find(document: &Value, problems: &mut ProblemList) {
    visit(document, &mut Vec::new(), problems);
}

fn visit<'a>(value: &'a Value, path: &mut Vec<Step<'a>>, problems: &mut ProblemList) {
    match value {
        Value::String(text) => check(text, path, problems),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Item(index));
                visit(item, path, problems);
                path.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                path.push(Step::Member(name));
                check(name, path, problems);
                visit(member, path, problems);
                path.pop();
            }
        }
        Value::Number(_) | Value::Null | Value::Bool(_) => {}
    }
}

fn check(text: &str, path: &[Step<'_>], problems: &mut ProblemList) {
    if text.contains('\0') {
        problems.push(|| Problem::invalid(pointer(path), "invalid", "must not contain the NUL character"));
    }
}

fn pointer(path: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    for step in path {
        let longer = match step {
            Step::Member(name) if name.len() > MAX_POINTER => break,
            Step::Member(name) => child(&pointer, name),
            Step::Item(index) => child(&pointer, &index.to_string()),
        };
        if longer.len() > MAX_POINTER {
            break;
        }
        pointer = longer;
    }
    pointer
}
