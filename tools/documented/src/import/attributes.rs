//! The attributes of a tag: `key="value" other='x' request={method: "POST"} flag=true`.

use indexmap::IndexMap;

/// Reads the attributes. Malformed parts are skipped up to the next space.
pub fn parse(text: &str) -> IndexMap<String, String> {
    let mut found = IndexMap::new();
    members(text, '=', "", &mut found, 0);
    found
}

fn members(text: &str, between: char, prefix: &str, found: &mut IndexMap<String, String>, depth: usize) {
    const DEEPEST: usize = 4;
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| !letter.is_whitespace() && letter != ',') {
        rest = &rest[start..];
        let length = rest
            .find(|letter: char| letter == between || letter == ',' || letter.is_whitespace())
            .unwrap_or(rest.len());
        let key = rest[..length].trim_matches(['"', '\'']);
        let Some(value_text) = rest[length..].trim_start().strip_prefix(between) else {
            rest = &rest[length..];
            continue;
        };
        let (value, after) = value(value_text.trim_start());
        let name = format!("{prefix}{key}");
        match value
            .strip_prefix('{')
            .and_then(|inside| inside.strip_suffix('}'))
        {
            Some(inside) if depth < DEEPEST && inside.contains(':') => {
                members(inside, ':', &format!("{name}."), found, depth + 1);
            }
            _ => drop(found.insert(name, unescaped(value))),
        }
        rest = after;
    }
}

/// The value at the start of `text`, without its quotes, and what follows.
fn value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = &text[1..];
            let mut before = None;
            let end = inside.find(|letter| {
                let ends = letter == quote && before != Some('\\');
                before = Some(letter);
                ends
            });
            end.map_or((inside, ""), |end| (&inside[..end], &inside[end + 1..]))
        }
        Some('{') => {
            let end = balanced(text).unwrap_or(text.len());
            text.split_at(end)
        }
        _ => {
            let end = text
                .find(|letter: char| letter.is_whitespace() || letter == ',')
                .unwrap_or(text.len());
            text.split_at(end)
        }
    }
}

/// The position just behind the brace that closes the first one.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Without the backslashes that editors put before Markdown's signs.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.peek().is_some_and(char::is_ascii_punctuation) {
            continue;
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).into_iter().collect()
    }

    fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn reads_all_forms_of_values() {
        assert_eq!(
            pairs(r#"a="x y" b='q' c=true request={method: "POST", path: "/p/{id}"} d=12"#),
            expected(&[
                ("a", "x y"),
                ("b", "q"),
                ("c", "true"),
                ("request.method", "POST"),
                ("request.path", "/p/{id}"),
                ("d", "12")
            ])
        );
        assert_eq!(pairs(r#"path="/a\_b""#), expected(&[("path", "/a_b")]));
    }

    #[test]
    fn what_has_no_form_is_passed_over() {
        assert_eq!(
            pairs(r#"stray a="1" "" = , b="2"#).first(),
            expected(&[("a", "1")]).first()
        );
        assert_eq!(pairs("a={b"), expected(&[("a", "{b")]));
    }
}
