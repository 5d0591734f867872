//! HTTP statuses that text names.

use super::blocks::Text;

const REASONS: [&str; 16] = [
    "ok",
    "created",
    "accepted",
    "no",
    "bad",
    "unauthorized",
    "payment",
    "forbidden",
    "not",
    "method",
    "conflict",
    "gone",
    "unsupported",
    "unprocessable",
    "too",
    "internal",
];

/// The statuses that a text names as such: `201 Created`, "status code 404", "200: OK".
pub fn statuses(text: &Text) -> Vec<u16> {
    let words: Vec<&str> = text
        .plain
        .split(|letter: char| letter.is_whitespace() || "`:;,()/".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(status) = number(word.trim_end_matches('.')) else {
            continue;
        };
        let before = at.checked_sub(1).map(|before| words[before].to_lowercase());
        let after = words.get(at + 1).map(|after| after.to_lowercase());
        let named = before.is_some_and(|word| match word.as_str() {
            "status" | "code" | "http" | "1.1" | "2" | "response" | "error" => true,
            "or" | "and" => !found.is_empty(),
            _ => false,
        });
        let reasoned = after.is_some_and(|word| REASONS.contains(&word.trim_end_matches('.')));
        let marked = text.marked.iter().any(|part| part.trim() == *word) && speaks_of_status(&text.plain);
        if (named || reasoned || marked) && !found.contains(&status) {
            found.push(status);
        }
    }
    found
}

/// A status at the start of a title or an attribute: `200`, `200: OK`, `404 Not Found`.
pub fn leading(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    number(&text[..digits])
}

fn number(word: &str) -> Option<u16> {
    let status = word.parse().ok().filter(|status| (100..600).contains(status))?;
    (word.len() == 3).then_some(status)
}

fn speaks_of_status(text: &str) -> bool {
    let text = text.to_lowercase();
    ["status", "respond", "response", "return"]
        .iter()
        .any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_from_numbers() {
        let plain = |text: &str| statuses(&Text::plain(text));
        assert_eq!(
            plain("On success, responds with a 201 Created status code"),
            [201]
        );
        assert_eq!(plain("HTTP/1.1 404 Not Found, or status code 422."), [404, 422]);
        assert_eq!(plain("holds up to 200 items and 300 more"), [0; 0]);
        assert_eq!(plain("status code 200, or 422 if it is missing"), [200, 422]);
        let marked = Text {
            plain: "The API responds with 204".to_owned(),
            marked: vec!["204".to_owned()],
        };
        assert_eq!(statuses(&marked), [204]);
        assert_eq!(leading("200: OK"), Some(200));
        assert_eq!(leading("2000"), None);
    }
}
