//! Rules for every string of a body, wherever it stands.

use serde_json::Value;

use crate::Problem;

/// Strings that cannot be kept (PostgreSQL's text has no NUL) or must not be (card numbers).
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
        Value::Number(number) => {
            if number
                .as_u64()
                .is_some_and(|digits| is_card_number(&digits.to_string()))
            {
                found.push(card_number(pointer));
            }
        }
        Value::Null | Value::Bool(_) => {}
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
    if text.contains('\0') {
        return Some(Problem::invalid(
            pointer,
            "invalid",
            "must not contain the NUL character",
        ));
    }
    is_card_number(text).then(|| card_number(pointer))
}

fn card_number(pointer: &str) -> Problem {
    Problem::invalid(
        pointer,
        "card_number",
        "looks like a card number; send the token that the payment gateway's library makes of it",
    )
}

/// 14 to 19 digits (blanks and dashes aside) that begin like a card of the large networks and whose check digit is
/// right (ISO/IEC 7812).
fn is_card_number(text: &str) -> bool {
    if text.len() > 40
        || !text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b' ' || byte == b'-')
    {
        return false;
    }
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let known_network = matches!(digits.first(), Some(2..=6));
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 0 {
                *digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum();
    (14..=19).contains(&digits.len()) && known_network && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::is_card_number;

    #[test]
    fn finds_card_numbers_and_leaves_other_digits_alone() {
        for number in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "3782-822463-10005",
            "5555555555554444",
        ] {
            assert!(is_card_number(number), "{number}");
        }
        for number in [
            "4242424242424241",
            "1790000000000",
            "0000000000000000",
            "42424242",
            "tok_4242424242424242",
        ] {
            assert!(!is_card_number(number), "{number}");
        }
    }
}
