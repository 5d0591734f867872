//! Differences between two JSON values, by JSON Pointer.

use std::fmt;

use serde_json::Value;

use openapi_document::pointer::child;

/// One difference; `Display` makes one line of it.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// Only the new value has it.
    Added { pointer: String, new: Value },
    /// Only the old value has it.
    Removed { pointer: String, old: Value },
    /// Both have it, with different values.
    Changed { pointer: String, old: Value, new: Value },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { pointer, new } => write!(f, "added {pointer}: {}", excerpt(new)),
            Self::Removed { pointer, old } => write!(f, "removed {pointer}: {}", excerpt(old)),
            Self::Changed { pointer, old, new } => {
                write!(f, "changed {pointer}: {} is now {}", excerpt(old), excerpt(new))
            }
        }
    }
}

/// The changes that lead from `old` to `new`. The order of an object's members is no difference.
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    collect(old, new, String::new(), &mut changes);
    changes
}

fn collect(old: &Value, new: &Value, pointer: String, changes: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                compare(Some(value), after.get(name), child(&pointer, name), changes);
            }
            for (name, value) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                compare(None, Some(value), child(&pointer, name), changes);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                let at = child(&pointer, &index.to_string());
                compare(before.get(index), after.get(index), at, changes);
            }
        }
        (before, after) if before != after => {
            changes.push(Change::Changed {
                pointer,
                old: before.clone(),
                new: after.clone(),
            });
        }
        _ => {}
    }
}

fn compare(old: Option<&Value>, new: Option<&Value>, pointer: String, changes: &mut Vec<Change>) {
    match (old, new) {
        (Some(old), Some(new)) => collect(old, new, pointer, changes),
        (Some(old), None) => changes.push(Change::Removed {
            pointer,
            old: old.clone(),
        }),
        (None, Some(new)) => changes.push(Change::Added {
            pointer,
            new: new.clone(),
        }),
        (None, None) => {}
    }
}

/// The JSON text of `value`, cut to a length that fits a line.
fn excerpt(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(old: Value, new: Value) -> Vec<String> {
        diff(&old, &new).iter().map(Change::to_string).collect()
    }

    #[test]
    fn names_each_kind_of_change_by_pointer() {
        assert_eq!(
            lines(
                json!({"a": 1, "b/c": {"d": 1}, "e": [1, 2]}),
                json!({"b/c": {"d": "x"}, "e": [1], "f": null})
            ),
            [
                "removed /a: 1",
                "changed /b~1c/d: 1 is now \"x\"",
                "removed /e/1: 2",
                "added /f: null"
            ]
        );
    }

    #[test]
    fn member_order_is_no_difference() {
        assert!(lines(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})).is_empty());
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let line = &lines(json!(null), json!("é".repeat(200)))[0];
        assert!(line.ends_with('…') && line.chars().count() < 120, "{line}");
    }
}
