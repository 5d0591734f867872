//! Omissions in examples: `...`, `{...}`, a comment with dots, a member with the number of further ones. A marker that is valid
//! JSON replaces each until the text is parsed.

use openapi_document::pointer::child;
use serde_json::Value;

/// Not in any page: a private-use character.
const MARKER: &str = "\u{e000}";

/// Text in which markers replace the omissions.
pub struct Marked {
    pub text: String,
    /// Other repairs.
    pub mended: Option<String>,
}

/// Replaces dots outside strings with markers, and closes open brackets.
///
/// # Errors
/// Nesting beyond any sensible example.
pub fn marked(text: &str) -> Result<Marked, String> {
    const DEEPEST: usize = 64;
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = token_length(rest, letter);
        let (token, after) = rest.split_at(length);
        rest = after;
        match letter {
            '{' | '[' => open.push(letter),
            '}' | ']' => drop(open.pop()),
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err(format!("nested more than {DEEPEST} deep"));
        }
        if is_elision(token, letter) {
            mark(&mut out, open.last() == Some(&'{'));
            // Lines stay lines.
            out.push_str(&"\n".repeat(token.matches('\n').count()));
        } else {
            out.push_str(token);
        }
    }
    let mended = (!open.is_empty()).then(|| format!("{} bracket(s) are not closed", open.len()));
    if mended.is_some() {
        let kept = out.trim_end().trim_end_matches([',', ';']).len();
        out.truncate(kept);
    }
    for bracket in open.iter().rev() {
        out.push(if *bracket == '{' { '}' } else { ']' });
    }
    Ok(Marked { text: out, mended })
}

/// The length of the string, the comment, the dots or the letter at the start of `rest`.
fn token_length(rest: &str, first: char) -> usize {
    match first {
        '"' | '\'' => string_length(rest, first),
        '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
        '.' if rest.starts_with("...") => rest.len() - rest.trim_start_matches('.').len(),
        _ => first.len_utf8(),
    }
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return at,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn is_elision(token: &str, first: char) -> bool {
    match first {
        '.' => token.len() >= 3,
        '…' => true,
        '/' => token.len() > 1 && has_dots(token),
        _ => false,
    }
}

fn has_dots(text: &str) -> bool {
    text.contains("...") || text.contains('…')
}

/// A value where a value is due, a member where a member is.
fn mark(out: &mut String, in_object: bool) {
    let wants_member = in_object && !out.trim_end().ends_with(':');
    out.push_str(&format!("\"{MARKER}\""));
    if wants_member {
        out.push_str(": 0");
    }
}

/// Removes the markers and records their places.
pub fn without_markers(value: Value, elided: &mut Vec<String>) -> Value {
    clean(value, "", elided)
}

fn clean(value: Value, at: &str, elided: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) if text == MARKER => {
            elided.push(at.to_owned());
            Value::Null
        }
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, member)| {
                let dots = name == MARKER || matches!(name.as_str(), "..." | "…");
                if dots {
                    elided.push(at.to_owned());
                    return None;
                }
                let pointer = child(at, &name);
                Some((name, clean(member, &pointer, elided)))
            });
            let kept = Value::Object(kept.collect());
            elided.dedup();
            kept
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                if stands_for_more(&item) {
                    elided.push(at.to_owned());
                } else {
                    let pointer = child(at, &kept.len().to_string());
                    kept.push(clean(item, &pointer, elided));
                }
            }
            elided.dedup();
            Value::Array(kept)
        }
        other => other,
    }
}

/// Whether an item only stands for further ones: dots, or one member whose text starts with dots.
fn stands_for_more(item: &Value) -> bool {
    let dots = |text: &str| text == MARKER || text.starts_with("...") || text.starts_with('…');
    match item {
        Value::String(text) => dots(text),
        Value::Object(members) if members.len() == 1 => members
            .iter()
            .all(|(name, value)| name == MARKER || value.as_str().is_some_and(dots)),
        _ => false,
    }
}
