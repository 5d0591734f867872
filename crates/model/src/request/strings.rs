//! Rules for every string of a body, wherever it stands.

use serde_json::Value;

use crate::{Problem, ProblemList, pointer::child};

/// A step from a value to one within it.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// A pointer that is longer than this leads to what is around the value.
const MAX_POINTER: usize = 512;

/// Adds the strings that cannot be kept (PostgreSQL's text has no NUL) or must not be (card numbers).
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
        Value::Number(number) => {
            if number
                .as_u64()
                .is_some_and(|digits| is_card_number(&digits.to_string()))
            {
                problems.push(|| card_number(&pointer(path)));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn check(text: &str, path: &[Step<'_>], problems: &mut ProblemList) {
    if text.contains('\0') {
        problems.push(|| Problem::invalid(pointer(path), "invalid", "must not contain the NUL character"));
    } else if is_card_number(text) {
        problems.push(|| card_number(&pointer(path)));
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
