//! Rules for every string of a body, wherever it stands.

use serde_json::Value;

use crate::Problem;

/// Strings that cannot be kept: PostgreSQL's text has no NUL.
pub fn problems(document: &Value) -> Vec<Problem> {
    let mut found = Vec::new();
    visit(document, &mut String::new(), &mut found);
    found
}

fn visit(value: &Value, pointer: &mut String, found: &mut Vec<Problem>) {
    match value {
        Value::String(text) => found.extend(problem(text, pointer)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                within(pointer, &index.to_string(), |pointer| visit(item, pointer, found));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                within(pointer, &name.replace('~', "~0").replace('/', "~1"), |pointer| {
                    if let Some(problem) = problem(name, pointer) {
                        found.push(problem);
                    }
                    visit(member, pointer, found);
                });
            }
        }
        Value::Number(_) | Value::Null | Value::Bool(_) => {}
    }
}

fn within(pointer: &mut String, step: &str, inner: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(step);
    inner(pointer);
    pointer.truncate(length);
}

fn problem(text: &str, pointer: &str) -> Option<Problem> {
    text.contains('\0')
        .then(|| Problem::invalid(pointer, "invalid", "must not contain the NUL character"))
}
