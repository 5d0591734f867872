//! The wording of findings.

use serde_json::Value;

use super::Direction::{self, Narrower, Wider};
use crate::change::Side;

/// The sentence that values `which` of `name` were removed or added.
pub fn values(side: Side, direction: Direction, which: &str, name: &str) -> String {
    match (side, direction) {
        (Side::Response, Narrower) => format!("no longer have {which} for {name}"),
        (Side::Response, Wider) => format!("may now have {which} for {name}"),
        (_, Narrower) => format!("no longer take {which} for {name}"),
        (_, Wider) => format!("may also have {which} for {name}"),
    }
}

/// The sentence that `name` now follows `rule` instead of `before`.
pub fn rule(side: Side, direction: Direction, name: &str, rule: &str, before: &str) -> String {
    let verb = match (side, direction) {
        (Side::Response, Narrower) => "always have",
        (_, Narrower) => "must have",
        (_, Wider) => "may have",
    };
    format!("{verb} {rule} in {name} (was {before})")
}

/// A value, shortened if it is long.
pub fn value(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(LONGEST).collect::<String>())
}

/// Some values.
pub fn list(values: &[&Value]) -> String {
    values.iter().map(|one| value(one)).collect::<Vec<_>>().join(", ")
}
