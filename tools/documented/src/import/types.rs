//! Types, presence and values as pages write them.

use serde_json::Value;

use super::blocks::Text;
use crate::model::{JsonType, Member, Presence};

/// Reads a type from `text` into `member`; false if there is none.
pub fn set_type(text: &str, member: &mut Member) -> bool {
    let text = text.to_lowercase().replace(['`', '\u{a0}'], " ");
    let (head, rest) = text.split_once([',', ';', '(']).unwrap_or((&text, ""));
    if let Some((_, value)) = rest
        .split_once("value is")
        .or_else(|| head.split_once("value is"))
    {
        member.values = vec![scalar(value)];
        member.trigger = true;
    }
    let name = head
        .split("value is")
        .next()
        .unwrap_or_default()
        .replace("or null", " ")
        .replace(['|', '?'], " ")
        .replace("nullable", " ");
    let name: Vec<&str> = name.split_whitespace().filter(|word| *word != "null").collect();
    let name = name.join(" ");
    if matches!(name.as_str(), "" | "undefined" | "any" | "mixed" | "-") {
        return true;
    }
    let Some((json_type, format)) = named(&name) else {
        return false;
    };
    member.json_type = Some(json_type);
    member.format = format.map(str::to_owned);
    if json_type == JsonType::Array {
        member.items = item_type(&name);
    }
    true
}

fn named(name: &str) -> Option<(JsonType, Option<&'static str>)> {
    let is_array = name.ends_with("[]")
        || ["array", "list", "has_many"].iter().any(|word| {
            name.strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        });
    if is_array {
        return Some((JsonType::Array, None));
    }
    let plain = |json_type| Some((json_type, None));
    match name {
        "string" | "str" | "text" | "enum" | "char" | "varchar" | "token" | "html" => plain(JsonType::String),
        "uuid" | "guid" => Some((JsonType::String, Some("uuid"))),
        "url" | "uri" => Some((JsonType::String, Some("uri"))),
        "email" => Some((JsonType::String, Some("email"))),
        "date" => Some((JsonType::String, Some("date"))),
        "datetime" | "date-time" | "date time" | "timestamp" | "iso8601" => {
            Some((JsonType::String, Some("date-time")))
        }
        "file" | "binary" => Some((JsonType::String, Some("binary"))),
        "integer" | "int" | "int32" | "int64" | "long" => plain(JsonType::Integer),
        "number" | "float" | "double" | "decimal" => plain(JsonType::Number),
        "boolean" | "bool" => plain(JsonType::Boolean),
        "object" | "hash" | "map" | "json" | "json object" | "dict" | "has_one" | "belongs_to"
        | "relationship" => plain(JsonType::Object),
        _ => None,
    }
}

/// The type of an array's items: `string[]`, `array of strings`, `Array[string]`.
fn item_type(name: &str) -> Option<JsonType> {
    if name.starts_with("has_many") {
        return Some(JsonType::Object);
    }
    let inside = name
        .strip_suffix("[]")
        .or_else(|| name.split_once(" of ").map(|(_, items)| items))
        .or_else(|| {
            name.split_once(['[', '<'])
                .map(|(_, items)| items.trim_end_matches([']', '>']))
        })?;
    let inside = inside.trim();
    named(inside)
        .or_else(|| named(inside.strip_suffix('s')?))
        .map(|(json_type, _)| json_type)
}

/// Reads presence from `text` into `member`; false if there is none.
pub fn set_presence(text: &str, member: &mut Member) -> bool {
    let text = text.trim();
    let lower = text.to_lowercase();
    if let Some(value) = default_value(text) {
        member.default = Some(scalar(value));
    }
    let word = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .find(|word| !word.is_empty());
    let condition = condition(text, &lower);
    let presence = match (word, lower.as_str()) {
        (None, "✓" | "✔" | "✔️" | "✅" | "*") => Presence::Required,
        (None, "✗" | "✘" | "❌" | "-" | "—" | "–") => Presence::Optional,
        (Some("required" | "mandatory" | "yes" | "true" | "y" | "optional" | "no" | "false" | "n"), _)
            if condition.is_some() =>
        {
            Presence::Conditional
        }
        (
            Some(
                "conditional" | "conditionally" | "depends" | "sometimes" | "if" | "when" | "unless" | "only",
            ),
            _,
        ) => Presence::Conditional,
        (Some("required" | "mandatory" | "yes" | "true" | "y" | "always"), _) => Presence::Required,
        (Some("optional" | "no" | "false" | "n" | "not" | "never"), _) => Presence::Optional,
        _ => return lower.is_empty(),
    };
    member.presence = Some(presence);
    if presence == Presence::Conditional {
        member.condition = condition.or_else(|| Some(text.to_owned()));
    }
    true
}

/// The value behind "default is", "defaults to", "default:" or "default"; behind the last one only if it is clearly a value.
fn default_value(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("default")?;
    let after = &text[at + "default".len()..];
    let after = after.strip_prefix(['s', 'S']).unwrap_or(after).trim_start();
    let after = ["value is ", "is ", "to ", "value ", ":", "="]
        .iter()
        .find_map(|phrase| after.strip_prefix(phrase))
        .map_or_else(|| Some(after).filter(|rest| is_clearly_value(rest)), Some)?;
    let value = after.trim();
    (!value.is_empty()).then_some(value)
}

/// Whether a text begins with a quote, or is JSON that is no text.
fn is_clearly_value(text: &str) -> bool {
    text.starts_with(['\'', '"', '`', '‘', '“']) || !scalar(text).is_string()
}

/// The part of a presence that starts with a word of condition.
fn condition(text: &str, lower: &str) -> Option<String> {
    let words = [
        "if",
        "unless",
        "when",
        "only",
        "except",
        "depending",
        "for",
        "without",
    ];
    let start = words
        .iter()
        .filter_map(|word| position_of_word(lower, word))
        .min()?;
    text.get(start..)
        .map(|rest| rest.trim_end_matches(['.', ')']).to_owned())
}

fn position_of_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// A value from text: JSON if it is that, else a string.
fn scalar(text: &str) -> Value {
    let text = text.trim().trim_end_matches(['.', ')', ',']);
    let text = text.trim_matches(['\'', '"', '`', '‘', '’', '“', '”']);
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The values that a description lists as allowed.
pub fn values(name: &str, description: &Text) -> Vec<Value> {
    const PHRASES: [&str; 7] = [
        "one of",
        "either",
        "only",
        "possible values",
        "allowed values",
        "accepted values",
        "valid values",
    ];
    let plain = &description.plain;
    let phrase = PHRASES.iter().filter_map(|phrase| {
        let at = position_of_word(&plain.to_ascii_lowercase(), phrase)?;
        Some(at + phrase.len())
    });
    if let Some(start) = phrase.min() {
        let sentence = plain[start..].split(". ").next().unwrap_or_default();
        let found = set_apart(sentence, &description.marked);
        if !found.is_empty() {
            return found.into_iter().map(Value::String).collect();
        }
    }
    if name != "type" {
        return Vec::new();
    }
    // The one value of `type` often stands alone, apart from the name itself.
    let mut marked = description.marked.iter().filter(|part| part.trim() != name);
    match (marked.next(), marked.next()) {
        (Some(value), None) if is_value(value) => vec![Value::String(value.trim().to_owned())],
        _ => Vec::new(),
    }
}

fn is_value(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(char::is_whitespace) && text.len() <= 64
}

/// The words of `sentence` that are in quotes or marked, in their order.
fn set_apart(sentence: &str, marked: &[String]) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for quote in ['\'', '"'] {
        let parts: Vec<&str> = sentence.split(quote).collect();
        // Every second part is inside quotes; after an apostrophe it is no single word.
        let mut at = parts.first().map_or(0, |part| part.len() + 1);
        for pair in parts[1..].chunks(2) {
            if pair.len() == 2 && is_value(pair[0]) {
                found.push((at, pair[0].to_owned()));
            }
            at += pair.iter().map(|part| part.len() + 1).sum::<usize>();
        }
    }
    for part in marked.iter().filter(|part| is_value(part)) {
        if let Some(at) = position_of_word(sentence, part.trim()) {
            found.push((at, part.trim().to_owned()));
        }
    }
    found.sort();
    let mut values: Vec<String> = found.into_iter().map(|(_, value)| value).collect();
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn typed(text: &str) -> Option<Member> {
        let mut member = Member::default();
        set_type(text, &mut member).then_some(member)
    }

    fn present(text: &str) -> Option<(Option<Presence>, Option<String>, Option<Value>)> {
        let mut member = Member::default();
        set_presence(text, &mut member).then_some((member.presence, member.condition, member.default))
    }

    #[test]
    fn types_and_their_formats() {
        for (text, json_type, format, items) in [
            ("`String`", JsonType::String, None, None),
            ("datetime", JsonType::String, Some("date-time"), None),
            ("float", JsonType::Number, None, None),
            ("Integer or null", JsonType::Integer, None, None),
            ("string[]", JsonType::Array, None, Some(JsonType::String)),
            ("array of strings", JsonType::Array, None, Some(JsonType::String)),
            ("Array[integer]", JsonType::Array, None, Some(JsonType::Integer)),
            ("has_many", JsonType::Array, None, Some(JsonType::Object)),
        ] {
            let member = typed(text).unwrap();
            assert_eq!(member.json_type, Some(json_type), "{text}");
            assert_eq!(
                (member.format.as_deref(), member.items),
                (format, items),
                "{text}"
            );
        }
        assert_eq!(typed("undefined").unwrap().json_type, None);
        assert_eq!(typed("frobnicator"), None);
    }

    #[test]
    fn a_trigger_names_its_value() {
        let member = typed("boolean, value is 'true'").unwrap();
        assert_eq!(
            (member.json_type, member.trigger, member.values),
            (Some(JsonType::Boolean), true, vec![json!(true)])
        );
    }

    #[test]
    fn presence_condition_and_default() {
        let plain = |presence| Some((Some(presence), None, None));
        for (text, presence) in [
            ("Required", Presence::Required),
            ("yes", Presence::Required),
            ("✅", Presence::Required),
            ("Not required", Presence::Optional),
            ("❌", Presence::Optional),
        ] {
            assert_eq!(present(text), plain(presence), "{text}");
        }
        let conditional = |text: &str| Some((Some(Presence::Conditional), Some(text.to_owned()), None));
        assert_eq!(
            present("Required, unless in scope"),
            conditional("unless in scope")
        );
        assert_eq!(
            present("Required if 'business' is 'false'"),
            conditional("if 'business' is 'false'")
        );
        assert_eq!(present("Conditional"), conditional("Conditional"));
        assert_eq!(present("(only when live)"), conditional("only when live"));
        assert_eq!(
            present("Optional, default is 'false'"),
            Some((Some(Presence::Optional), None, Some(json!(false))))
        );
        for text in [
            "Optional, default 'false'",
            "Optional, defaults to false",
            "Optional (default: `false`)",
            "Optional. Default value is false",
        ] {
            let expected = Some((Some(Presence::Optional), None, Some(json!(false))));
            assert_eq!(present(text), expected, "{text}");
        }
        assert_eq!(present("Optional (default)"), plain(Presence::Optional));
        assert_eq!(present(""), Some((None, None, None)));
        assert_eq!(present("since 2019"), None);
    }

    #[test]
    fn values_that_a_description_names() {
        let text = |plain: &str, marked: &[&str]| Text {
            plain: plain.to_owned(),
            marked: marked.iter().map(|part| (*part).to_owned()).collect(),
        };
        let quoted = text(
            "Its state. One of 'draft' (default), 'placed', or 'done'. See 'more'.",
            &[],
        );
        assert_eq!(values("status", &quoted), ["draft", "placed", "done"]);
        let only = text(
            "Provide Dish type. Current selection is only dishes.",
            &["type", "dishes"],
        );
        assert_eq!(values("type", &only), ["dishes"]);
        assert_eq!(
            values("type", &text("Order type; order.", &["type", "order"])),
            ["order"]
        );
        assert_eq!(
            values(
                "mode",
                &text("You can either add or replace.", &["add", "replace"])
            ),
            ["add", "replace"]
        );
        assert!(values("name", &text("Only the owner's name", &[])).is_empty());
    }
}
