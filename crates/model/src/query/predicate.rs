//! The predicates of filters.
//!
//! A null never fits, but for those that say so (`null`, `blank`, `…_or_null`). Patterns take `%` for any text and `_` for
//! one character, and a backslash before what stands for itself. They, and `start`, `end` and `cont`, see no difference
//! between upper and lower case of the letters A to Z.

use crate::resource::ValueType;

/// What a predicate does with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// Is the value.
    Equal,
    /// Is less.
    Less,
    /// Is less, or the value.
    LessOrEqual,
    /// Is more.
    Greater,
    /// Is more, or the value.
    GreaterOrEqual,
    /// Fits a pattern.
    Matches,
    /// Begins with it.
    Start,
    /// Ends with it.
    End,
    /// Has it in it.
    Contain,
    /// Is null, or not, as the value says.
    Null,
    /// Is null or empty, or not, as the value says.
    Blank,
    /// Is true, or false: there is no other value than `true`.
    Is(bool),
    /// A JSON object that has all of the value in it.
    JsonContain,
}

/// How many values a predicate has, and for which of them it must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantifier {
    /// It has one.
    One,
    /// It holds for at least one of a list.
    Any,
    /// It holds for all of a list.
    All,
}

/// A predicate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Predicate {
    /// Its name, the end of a filter's.
    pub name: &'static str,
    /// What it does with a value.
    pub operator: Operator,
    /// It holds where the operator does not.
    pub negated: bool,
    /// How many values it has.
    pub quantifier: Quantifier,
    /// It also holds for null.
    pub or_null: bool,
}

const fn predicate(name: &'static str, operator: Operator) -> Predicate {
    Predicate {
        name,
        operator,
        negated: false,
        quantifier: Quantifier::One,
        or_null: false,
    }
}

impl Predicate {
    const fn not(self) -> Self {
        Self {
            negated: true,
            ..self
        }
    }

    const fn any(self) -> Self {
        Self {
            quantifier: Quantifier::Any,
            ..self
        }
    }

    const fn all(self) -> Self {
        Self {
            quantifier: Quantifier::All,
            ..self
        }
    }

    const fn or_null(self) -> Self {
        Self {
            or_null: true,
            ..self
        }
    }

    /// The predicate of that name.
    pub fn named(name: &str) -> Option<Self> {
        PREDICATES.iter().copied().find(|known| known.name == name)
    }

    /// Whether attributes of the type can be tested with it.
    pub fn is_for(self, value_type: ValueType) -> bool {
        match self.operator {
            Operator::Null | Operator::Blank => true,
            Operator::Is(_) => value_type == ValueType::Boolean,
            Operator::JsonContain => value_type == ValueType::Json,
            Operator::Equal => value_type != ValueType::Json,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                matches!(value_type, ValueType::Text | ValueType::Integer | ValueType::Time)
            }
            Operator::Matches | Operator::Start | Operator::End | Operator::Contain => {
                value_type == ValueType::Text
            }
        }
    }

    /// The type of its values for attributes of a type.
    pub fn value_type(self, value_type: ValueType) -> ValueType {
        match self.operator {
            Operator::Null | Operator::Blank | Operator::Is(_) => ValueType::Boolean,
            _ => value_type,
        }
    }

    /// Whether its value is a list, with commas between.
    pub fn takes_list(self) -> bool {
        self.quantifier != Quantifier::One
    }
}

/// All of them, in the order of the documentation.
pub const PREDICATES: &[Predicate] = {
    use Operator::{
        Blank, Contain, End, Equal, Greater, GreaterOrEqual, Is, JsonContain, Less, LessOrEqual, Matches,
        Null, Start,
    };
    &[
        predicate("eq", Equal),
        predicate("eq_or_null", Equal).or_null(),
        predicate("not_eq", Equal).not(),
        predicate("not_eq_or_null", Equal).not().or_null(),
        predicate("matches", Matches),
        predicate("does_not_match", Matches).not(),
        predicate("matches_any", Matches).any(),
        predicate("matches_all", Matches).all(),
        predicate("does_not_match_any", Matches).not().any(),
        predicate("does_not_match_all", Matches).not().all(),
        predicate("lt", Less),
        predicate("lteq", LessOrEqual),
        predicate("gt", Greater),
        predicate("gteq", GreaterOrEqual),
        predicate("present", Blank).not(),
        predicate("blank", Blank),
        predicate("null", Null),
        predicate("not_null", Null).not(),
        predicate("in", Equal).any(),
        predicate("in_or_null", Equal).any().or_null(),
        predicate("not_in", Equal).not().all(),
        predicate("not_in_or_null", Equal).not().all().or_null(),
        predicate("lt_any", Less).any(),
        predicate("lteq_any", LessOrEqual).any(),
        predicate("gt_any", Greater).any(),
        predicate("gteq_any", GreaterOrEqual).any(),
        predicate("lt_all", Less).all(),
        predicate("lteq_all", LessOrEqual).all(),
        predicate("gt_all", Greater).all(),
        predicate("gteq_all", GreaterOrEqual).all(),
        predicate("not_eq_all", Equal).not().all(),
        predicate("start", Start),
        predicate("not_start", Start).not(),
        predicate("start_any", Start).any(),
        predicate("start_all", Start).all(),
        predicate("not_start_any", Start).not().any(),
        predicate("not_start_all", Start).not().all(),
        predicate("end", End),
        predicate("not_end", End).not(),
        predicate("end_any", End).any(),
        predicate("end_all", End).all(),
        predicate("not_end_any", End).not().any(),
        predicate("not_end_all", End).not().all(),
        predicate("cont", Contain),
        predicate("not_cont", Contain).not(),
        predicate("cont_any", Contain).any(),
        predicate("cont_all", Contain).all(),
        predicate("not_cont_all", Contain).not().all(),
        predicate("jcont", JsonContain),
        predicate("true", Is(true)),
        predicate("false", Is(false)),
    ]
};

/// What a filter without a predicate is tested with: one of several values, or the value.
pub const IN: Predicate = predicate("in", Operator::Equal).any();
/// From a moment on.
pub const FROM: Predicate = predicate("gteq", Operator::GreaterOrEqual);
/// Up to a moment.
pub const TO: Predicate = predicate("lteq", Operator::LessOrEqual);
/// A JSON object that has all of the value in it.
pub const JSON_CONTAIN: Predicate = predicate("jcont", Operator::JsonContain);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_fifty_one_and_each_has_its_own_name() {
        let names: BTreeSet<&str> = PREDICATES.iter().map(|predicate| predicate.name).collect();
        assert_eq!((PREDICATES.len(), names.len()), (51, 51));
    }
}
