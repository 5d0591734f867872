//! Filters as one would write them down: over values in memory.

use tillgate_model::query::{Operator, Predicate, Quantifier, Test, Value};

/// Whether a value fits; none is null.
pub fn fits(value: Option<&Value>, test: &Test) -> bool {
    let Predicate {
        operator,
        negated,
        quantifier,
        or_null,
        ..
    } = test.predicate;
    if let Operator::Null | Operator::Blank = operator {
        let is_absent = match value {
            None => true,
            Some(Value::Text(text)) => operator == Operator::Blank && text.is_empty(),
            Some(Value::Json(object)) => operator == Operator::Blank && object.is_empty(),
            Some(_) => false,
        };
        return (is_absent != negated) == (test.values[0] == Value::Boolean(true));
    }
    let Some(value) = value else {
        return or_null;
    };
    let mut each = test
        .values
        .iter()
        .map(|wanted| holds(value, operator, wanted) != negated);
    match quantifier {
        Quantifier::One | Quantifier::All => each.all(|fits| fits),
        Quantifier::Any => each.any(|fits| fits),
    }
}

fn holds(value: &Value, operator: Operator, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Text(value), Value::Text(wanted)) => {
            let (lower, wanted_lower) = (value.to_ascii_lowercase(), wanted.to_ascii_lowercase());
            match operator {
                Operator::Matches => {
                    let (text, pattern): (Vec<char>, Vec<char>) =
                        (lower.chars().collect(), wanted_lower.chars().collect());
                    matches(&text, &pattern)
                }
                Operator::Start => lower.starts_with(&wanted_lower),
                Operator::End => lower.ends_with(&wanted_lower),
                Operator::Contain => lower.contains(&wanted_lower),
                operator => ordered(value.as_bytes().cmp(wanted.as_bytes()), operator),
            }
        }
        (Value::Integer(value), Value::Integer(wanted)) => ordered(value.cmp(wanted), operator),
        (Value::Time(value), Value::Time(wanted)) => ordered(value.cmp(wanted), operator),
        (Value::Boolean(value), Value::Boolean(wanted)) => match operator {
            Operator::Is(word) => *value == word,
            _ => value == wanted,
        },
        (Value::Json(value), Value::Json(wanted)) => contains(
            &serde_json::Value::Object(value.clone()),
            &serde_json::Value::Object(wanted.clone()),
        ),
        (value, wanted) => panic!("{value:?} is compared with {wanted:?}"),
    }
}

fn ordered(order: std::cmp::Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        operator => panic!("{operator:?} is no order"),
    }
}

fn matches(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skip| matches(&text[skip..], rest)),
        ['_', rest @ ..] => !text.is_empty() && matches(&text[1..], rest),
        ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
            text.first() == Some(letter) && matches(&text[1..], rest)
        }
    }
}

fn contains(whole: &serde_json::Value, part: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => part
            .iter()
            .all(|part| whole.iter().any(|whole| contains(whole, part))),
        (Value::Number(whole), Value::Number(part)) => whole.as_f64() == part.as_f64(),
        (whole, part) => whole == part,
    }
}
