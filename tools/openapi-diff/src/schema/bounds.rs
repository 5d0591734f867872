//! Smallest and largest numbers, lengths and counts.

use std::cmp::Ordering;

use serde_json::{Number, Value, json};

use super::kinds::{Kind, Kinds, of_keyword};
use super::view::View;

/// The meaning of a pair of keywords.
pub struct Bound {
    /// The keyword of the inclusive bound.
    keyword: &'static str,
    /// The keyword of the exclusive bound.
    exclusive: Option<&'static str>,
    /// Whether it is a lower bound.
    lower: bool,
    /// The counted unit, for people; empty for the number itself.
    unit: &'static str,
}

/// All bounds of JSON Schema.
pub const BOUNDS: [Bound; 8] = [
    Bound {
        keyword: "minimum",
        exclusive: Some("exclusiveMinimum"),
        lower: true,
        unit: "",
    },
    Bound {
        keyword: "maximum",
        exclusive: Some("exclusiveMaximum"),
        lower: false,
        unit: "",
    },
    Bound {
        keyword: "minLength",
        exclusive: None,
        lower: true,
        unit: " characters",
    },
    Bound {
        keyword: "maxLength",
        exclusive: None,
        lower: false,
        unit: " characters",
    },
    Bound {
        keyword: "minItems",
        exclusive: None,
        lower: true,
        unit: " items",
    },
    Bound {
        keyword: "maxItems",
        exclusive: None,
        lower: false,
        unit: " items",
    },
    Bound {
        keyword: "minProperties",
        exclusive: None,
        lower: true,
        unit: " members",
    },
    Bound {
        keyword: "maxProperties",
        exclusive: None,
        lower: false,
        unit: " members",
    },
];

/// The place of a bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    at: Number,
    /// Whether `at` itself is excluded.
    outside: bool,
}

impl Bound {
    /// Whether it holds for any of `kinds`.
    pub fn concerns(&self, kinds: &Kinds) -> bool {
        of_keyword(self.keyword).iter().any(|kind| kinds.contains(kind))
    }

    /// The limit that a schema sets; `None` without one.
    pub fn limit(&self, view: &View) -> Option<Limit> {
        let number = |keyword| view.keywords.get(keyword).and_then(Value::as_number);
        let given = |at: &Number, outside| Limit {
            at: at.clone(),
            outside,
        };
        // OpenAPI 3.0 has a flag beside the bound.
        let flag = self.exclusive.and_then(|keyword| view.keywords.get(keyword)) == Some(&json!(true));
        let inside = number(self.keyword).map(|at| given(at, flag));
        let outside = self.exclusive.and_then(number).map(|at| given(at, true));
        let limit = match (inside, outside) {
            (Some(one), Some(other)) if self.order(Some(&one), Some(&other)) == Ordering::Less => other,
            (Some(one), _) => one,
            (None, other) => other?,
        };
        let limit = if view.kinds.contains(&Kind::Fraction) {
            limit
        } else {
            self.whole(limit)
        };
        let nothing = self.lower && !self.unit.is_empty() && limit.at.as_u64() == Some(0);
        (!nothing).then_some(limit)
    }

    /// The inclusive limit for integers.
    fn whole(&self, limit: Limit) -> Limit {
        let step = if self.lower { 1 } else { -1 };
        match limit.at.as_i64().and_then(|at| at.checked_add(step)) {
            Some(at) if limit.outside => Limit {
                at: at.into(),
                outside: false,
            },
            _ => limit,
        }
    }

    /// `Greater` when `one` allows less than `other`.
    pub fn order(&self, one: Option<&Limit>, other: Option<&Limit>) -> Ordering {
        let (one, other) = match (one, other) {
            (Some(one), Some(other)) => (one, other),
            (one, other) => return one.is_some().cmp(&other.is_some()),
        };
        let by_number = compare(&one.at, &other.at);
        let by_number = if self.lower {
            by_number
        } else {
            by_number.reverse()
        };
        by_number.then(one.outside.cmp(&other.outside))
    }

    /// "at most 10 characters".
    pub fn text(&self, limit: Option<&Limit>) -> String {
        let Some(Limit { at, outside }) = limit else {
            return format!(
                "no {} number{}",
                if self.lower { "least" } else { "greatest" },
                self.of_unit()
            );
        };
        let relation = match (self.lower, outside) {
            (true, false) => "at least",
            (true, true) => "more than",
            (false, false) => "at most",
            (false, true) => "less than",
        };
        format!("{relation} {at}{}", self.unit)
    }

    fn of_unit(&self) -> String {
        if self.unit.is_empty() {
            String::new()
        } else {
            format!(" of{}", self.unit)
        }
    }

    /// Its keywords.
    pub fn keywords(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.keyword), self.exclusive].into_iter().flatten()
    }
}

/// Exact for integers of 64 bits; as floats otherwise.
fn compare(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one
            .as_f64()
            .partial_cmp(&other.as_f64())
            .unwrap_or(Ordering::Equal),
    }
}

/// The greater of two numbers.
pub fn tighter_lower(one: &Value, other: &Value) -> Option<Value> {
    let order = compare(one.as_number()?, other.as_number()?);
    Some(if order == Ordering::Less { other } else { one }.clone())
}

/// The smaller of two numbers.
pub fn tighter_upper(one: &Value, other: &Value) -> Option<Value> {
    let order = compare(one.as_number()?, other.as_number()?);
    Some(if order == Ordering::Greater { other } else { one }.clone())
}
