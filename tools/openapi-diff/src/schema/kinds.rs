//! The types of JSON values, as sets.

use std::collections::BTreeSet;

use serde_json::Value;

/// A type of JSON Schema. Numbers are split into integers and others, so that sets of types compare like the sets of their values
/// ("number" is both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` and `false`.
    Boolean,
    /// Numbers without a fraction.
    Integer,
    /// Numbers with a fraction.
    Fraction,
    /// Strings.
    String,
    /// Arrays.
    Array,
    /// Objects.
    Object,
}

/// A set of types.
pub type Kinds = BTreeSet<Kind>;

/// All types.
pub fn all() -> Kinds {
    ALL.iter().copied().collect()
}

/// The types that the keyword `type` allows; `None` if it is malformed.
pub fn named(value: &Value) -> Option<Kinds> {
    let names = match value {
        Value::Array(names) => names.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut kinds = Kinds::new();
    for name in names {
        match name.as_str()? {
            "null" => kinds.insert(Kind::Null),
            "boolean" => kinds.insert(Kind::Boolean),
            "integer" => kinds.insert(Kind::Integer),
            "number" => kinds.insert(Kind::Integer) | kinds.insert(Kind::Fraction),
            "string" => kinds.insert(Kind::String),
            "array" => kinds.insert(Kind::Array),
            "object" => kinds.insert(Kind::Object),
            _ => return None,
        };
    }
    Some(kinds)
}

/// The type of a value. A float without a fraction counts as an integer, as in JSON Schema.
pub fn of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() != 0.0) => {
            Kind::Fraction
        }
        Value::Number(_) => Kind::Integer,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

/// The types that a keyword applies to; all of them for one that ignores types.
pub fn of_keyword(keyword: &str) -> &'static [Kind] {
    match keyword {
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            &[Kind::Integer, Kind::Fraction]
        }
        "minLength" | "maxLength" | "pattern" => &[Kind::String],
        "format" => &[Kind::String, Kind::Integer, Kind::Fraction],
        "items" | "prefixItems" | "minItems" | "maxItems" | "uniqueItems" | "contains" | "minContains"
        | "maxContains" => &[Kind::Array],
        "properties"
        | "required"
        | "additionalProperties"
        | "patternProperties"
        | "propertyNames"
        | "minProperties"
        | "maxProperties"
        | "dependentRequired"
        | "dependentSchemas" => &[Kind::Object],
        _ => ALL,
    }
}

const ALL: &[Kind] = &[
    Kind::Null,
    Kind::Boolean,
    Kind::Integer,
    Kind::Fraction,
    Kind::String,
    Kind::Array,
    Kind::Object,
];

/// The types for people: "integer or null".
pub fn text(kinds: &Kinds) -> String {
    let whole = kinds.contains(&Kind::Integer) && kinds.contains(&Kind::Fraction);
    let mut names = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Integer if whole => {}
            Kind::Fraction if whole => names.push("number".to_owned()),
            Kind::Fraction => names.push("number with a fraction".to_owned()),
            // Last, because it reads better.
            Kind::Null => {}
            other => names.push(other.to_string()),
        }
    }
    if kinds.contains(&Kind::Null) {
        names.push("null".to_owned());
    }
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_integer_is_a_number() {
        assert!(
            named(&json!("integer"))
                .unwrap()
                .is_subset(&named(&json!("number")).unwrap())
        );
        assert_eq!(of(&json!(1.0)), Kind::Integer);
        assert_eq!(of(&json!(1.5)), Kind::Fraction);
    }

    #[test]
    fn types_read_as_people_say_them() {
        assert_eq!(
            text(&named(&json!(["null", "number"])).unwrap()),
            "number or null"
        );
        assert_eq!(
            text(&named(&json!(["string", "integer"])).unwrap()),
            "integer or string"
        );
        assert_eq!(named(&json!("text")), None);
        assert_eq!(named(&json!(["string", 1])), None);
    }
}
