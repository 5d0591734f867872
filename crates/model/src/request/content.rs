//! The first look at a body, whatever it is for: it is JSON, not too much of it, has no card number, and no member twice.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{MAX_BODY_VALUES, not_json};
use crate::{Problem, ProblemList, Problems, card_number, pointer::child, problem::Kind};

/// Refuses a body that is not JSON, that has a card number, or that has two members of one name, of which a reader would take either.
/// A body that is not JSON, or has more than [`MAX_BODY_VALUES`], is refused here, so that nobody reads it again.
///
/// # Errors
/// Where the card numbers and the repeated members are, or else where the JSON ends. The numbers themselves are not repeated.
pub fn check_content(body: &[u8]) -> Result<(), Problems> {
    if body.is_empty() {
        return Ok(());
    }
    let mut inspection = Inspection::default();
    let mut document = serde_json::Deserializer::from_slice(body);
    let read = Node(&mut inspection)
        .deserialize(&mut document)
        .and_then(|()| document.end());
    inspection.problems.into_result()?;
    read.map_err(|error| not_json(&error).into())
}

/// The problem for a value that is a card number.
pub fn card_number_at(pointer: impl Into<String>) -> Problem {
    Problem::invalid(
        pointer,
        "card_number",
        "looks like a card number; send a token from the payment gateway's library instead",
    )
}

#[derive(Default)]
struct Inspection {
    /// The way to the present value. A pointer is made of it only where something is found: a body has more values than problems.
    steps: Vec<Step>,
    /// The names of the way, one after the other.
    names: String,
    /// Number of values so far.
    values: usize,
    problems: ProblemList,
}

/// One step down into a document.
#[derive(Clone, Copy)]
enum Step {
    /// Into a list, to this item.
    Item(usize),
    /// Into an object, to the member with the name at this place in the names of the way.
    Member { start: usize, end: usize },
}

impl Inspection {
    fn found<E: Error>(&mut self, problem: Problem) -> Result<(), E> {
        self.problems.push(|| problem);
        if self.problems.is_full() {
            Err(E::custom("enough"))
        } else {
            Ok(())
        }
    }

    fn value<E: Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values <= MAX_BODY_VALUES {
            return Ok(());
        }
        self.problems.push(|| {
            let message =
                format!("The body has more than {MAX_BODY_VALUES} values. Send less in one request.");
            Problem::new(Kind::PayloadTooLarge, message)
        });
        Err(E::custom("enough"))
    }

    fn text<E: Error>(&mut self, text: &str) -> Result<(), E> {
        if card_number::contains(text) {
            self.found(card_number_at(self.pointer()))?;
        }
        Ok(())
    }

    fn number<E: Error>(&mut self, number: &Number) -> Result<(), E> {
        if card_number::is_card_number(number) {
            self.found(card_number_at(self.pointer()))?;
        }
        Ok(())
    }

    /// Goes one step down for as long as `inner` takes.
    fn within<T>(&mut self, step: Step, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.steps.push(step);
        let result = inner(self);
        self.steps.pop();
        result
    }

    /// Goes down to a member of an object for as long as `inner` takes.
    fn in_member<T>(&mut self, name: &str, inner: impl FnOnce(&mut Self) -> T) -> T {
        let start = self.names.len();
        self.names.push_str(name);
        let end = self.names.len();
        let result = self.within(Step::Member { start, end }, inner);
        self.names.truncate(start);
        result
    }

    /// The JSON pointer of the present value.
    fn pointer(&self) -> String {
        self.steps
            .iter()
            .fold(String::new(), |pointer, step| match *step {
                Step::Item(index) => child(&pointer, &index.to_string()),
                Step::Member { start, end } => child(&pointer, &self.names[start..end]),
            })
    }
}

/// A value of the document, at the inspection's pointer.
struct Node<'a>(&'a mut Inspection);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.value()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.0.number(&number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.0.number(&number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        match Number::from_f64(number) {
            Some(number) => self.0.number(&number),
            None => Ok(()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while self
            .0
            .within(Step::Item(index), |inspection| {
                items.next_element_seed(Node(inspection))
            })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names: Vec<Cow<'de, str>> = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            if card_number::contains(&name) {
                // The name is not repeated, not even in a pointer.
                self.0.found(card_number_at(self.0.pointer()))?;
                members.next_value_seed(Node(self.0))?;
                continue;
            }
            self.0
                .in_member(&name, |inspection| members.next_value_seed(Node(inspection)))?;
            names.push(name);
        }
        if names.len() < 2 {
            return Ok(());
        }
        names.sort_unstable();
        let mut repeated: Vec<&str> = names
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| &*pair[1])
            .collect();
        repeated.dedup();
        for name in repeated {
            let problem = Problem::new(Kind::InvalidDataFormat, "The object has this member twice.");
            self.0.found(problem.at(child(&self.0.pointer(), name)))?;
        }
        Ok(())
    }
}

/// A member's name, which is copied only if it has escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Source;

    fn found(body: &str) -> Vec<(u16, String)> {
        let outcome = check_content(body.as_bytes());
        let problems = outcome.as_ref().err().map(Problems::iter);
        problems
            .into_iter()
            .flatten()
            .map(|problem| match &problem.source {
                Some(Source::Pointer(pointer)) => (problem.kind.status(), pointer.clone()),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn card_numbers_are_found_wherever_they_are() {
        let at = |pointer: &str| vec![(422, pointer.to_owned())];
        assert_eq!(found(r#""4242424242424242""#), at(""));
        assert_eq!(
            found(r#"{"a":[1,{"b/c":"card 4242 4242 4242 4242"}]}"#),
            at("/a/1/b~1c")
        );
        assert_eq!(found(r#"{"a":{"4242424242424242":{"b":1}}}"#), at("/a"));
        assert_eq!(found(r#"{"a":{"4242424242424242":"4242424242424242"}}"#).len(), 2);
        assert_eq!(found(r#"{"a":4242424242424242.0}"#), at("/a"));
        assert_eq!(found(r#"{"a":-4242424242424242}"#), at("/a"));
        assert_eq!(found(r#"{"a":"\uff14\uff12\uff142424242424242"}"#), at("/a"));
        assert_eq!(found(r#"{"a":"42424242","b":4242}"#), []);
    }

    #[test]
    fn a_member_that_comes_twice_is_found_at_any_depth() {
        let at = |pointer: &str| vec![(400, pointer.to_owned())];
        assert_eq!(found(r#"{"data":{},"data":{}}"#), at("/data"));
        assert_eq!(found(r#"{"data":{},"d\u0061ta":{}}"#), at("/data"));
        assert_eq!(found(r#"{"a":[{"b":1,"c":2,"b":3,"b":4}]}"#), at("/a/0/b"));
        assert_eq!(found(r#"{"a":{"b":1},"c":{"b":1}}"#), []);
    }

    #[test]
    fn a_body_has_a_maximum_number_of_values() {
        let list = |items: usize| format!("[{}]", vec!["1"; items].join(","));
        assert!(check_content(list(MAX_BODY_VALUES - 1).as_bytes()).is_ok());
        let refused = check_content(list(MAX_BODY_VALUES).as_bytes()).expect_err("too many");
        assert_eq!(refused.status(), 413);
    }

    #[test]
    fn problems_are_bounded_and_a_body_that_is_not_json_is_one() {
        let numbers = vec!["4242424242424242"; 200].join(",");
        assert_eq!(found(&format!("[{numbers}]")).len(), crate::problems::MAX_ERRORS);
        // An empty body may be all that an operation wants.
        assert_eq!(found(""), []);
        for body in ["{", "[1,", "nonsense", r#"{"a" 1}"#, "1 2", "[[[1e999]]]"] {
            assert_eq!(found(body), [(400, String::new())], "{body}");
        }
        let deep = "[".repeat(1_000);
        assert_eq!(found(&deep), [(400, String::new())]);
        // What was found before the end of the JSON is told first.
        assert_eq!(found(r#"["4242424242424242", "#), [(422, "/0".to_owned())]);
    }
}
