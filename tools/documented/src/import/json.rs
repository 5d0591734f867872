//! JSON as pages show it: with comments, trailing commas and omissions.

use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::Value;

use super::elision::{self, Marked};
use crate::model::Example;

/// Whether `text` looks like a JSON document rather than code in a programming language.
pub fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    let Some(inside) = text.strip_prefix(['{', '[']) else {
        return false;
    };
    let inside = inside.trim_start();
    let Some(first) = inside.chars().next() else {
        return true;
    };
    // `{ name: …` is loose JSON; `{ const x = …` is code.
    let is_member = || {
        let name = inside.split(':').next().unwrap_or_default();
        inside.contains(':')
            && name
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    "\"'}]{[./…<-".contains(first) || first.is_ascii_digit() || is_member()
}

/// Reads an example. The second part lists the repairs.
///
/// # Errors
/// The reason why it can't be read, with the line in `text`, counted from 0.
pub fn read(text: &str) -> Result<(Example, Option<String>), (usize, String)> {
    if let Ok(value) = serde_json::from_str(text) {
        // Lists are strictly valid if they show one item and a member with the number of items.
        let mut elided = Vec::new();
        let value = elision::without_markers(value, &mut elided);
        return Ok((example(value, elided), None));
    }
    let Marked { text, mended } = elision::marked(text).map_err(|problem| (0, problem))?;
    let value: Value = parse_to_serde_value(&text, &ParseOptions::default())
        .map_err(|error| (error.line_display().saturating_sub(1), error.kind().to_string()))?;
    let mut elided = Vec::new();
    let value = elision::without_markers(value, &mut elided);
    Ok((example(value, elided), mended))
}

fn example(value: Value, elided: Vec<String>) -> Example {
    Example {
        title: String::new(),
        elided,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> (Value, Vec<String>) {
        let (example, _) = read(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        (example.value, example.elided)
    }

    #[test]
    fn strict_json_is_read_as_it_is() {
        assert_eq!(
            value("{\"a\": [1, \"x...\"]}"),
            (json!({"a": [1, "x..."]}), vec![])
        );
    }

    #[test]
    fn comments_and_commas_are_mended() {
        let text = "{\n // note\n 'a': 1, /* b */ \"c\": true\n \"d\": [1, 2,],\n}";
        assert_eq!(value(text), (json!({"a": 1, "c": true, "d": [1, 2]}), vec![]));
    }

    #[test]
    fn what_is_left_out_is_noted() {
        for (text, expected, elided) in [
            ("{\"a\": {...}}", json!({"a": {}}), vec!["/a"]),
            ("{\"a\": 1, ...}", json!({"a": 1}), vec![""]),
            ("{\"a\": 1\n // ... more\n}", json!({"a": 1}), vec![""]),
            ("{\"a\": ..., \"b\": 2}", json!({"a": null, "b": 2}), vec!["/a"]),
            ("{\"a\": [{\"b\": 1}, …]}", json!({"a": [{"b": 1}]}), vec!["/a"]),
            (
                "{\"data\": [{\"id\": \"1\"}, {\"other\": \"... 9 orders (first page)\"}]}",
                json!({"data": [{"id": "1"}]}),
                vec!["/data"],
            ),
            ("{\"a\": {\"...\": \"...\"}}", json!({"a": {}}), vec!["/a"]),
        ] {
            assert_eq!(
                value(text),
                (expected, elided.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn an_example_that_is_not_closed_is_closed_and_says_so() {
        let (example, mended) = read("{\"a\": [1, {\"b\": 2}").unwrap();
        assert_eq!(example.value, json!({"a": [1, {"b": 2}]}));
        assert!(mended.is_some());
    }

    #[test]
    fn names_the_line_of_what_is_no_json() {
        assert_eq!(read("{\"a\": 1,\n\"b\" = 2}").unwrap_err().0, 1);
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn code_is_told_from_json() {
        for json in ["{}", "{ \"a\": 1 }", "[\n{", "{ a: 1 }", "{...}", "{ // x\n"] {
            assert!(looks_like_json(json), "{json}");
        }
        for code in [
            "{\n const res = await fetch(`x`, { method: 'GET' })",
            "Python example",
            "",
        ] {
            assert!(!looks_like_json(code), "{code}");
        }
    }
}
