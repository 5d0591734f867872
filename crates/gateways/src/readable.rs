//! Whether an answer reads like a PSP's own. Others are not shown to clients: they may come from another machine.

use crate::wire::PspResponse;

/// No PSP has longer codes or messages.
const LONGEST_WORD: usize = 128;
const LONGEST_SENTENCE: usize = 2_000;

/// Whether the answer declares itself as JSON.
pub(crate) fn is_json(response: &PspResponse) -> bool {
    let essence = |value: &str| {
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    };
    response
        .header("content-type")
        .map(essence)
        .is_some_and(|essence| {
            essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
        })
}

/// Whether a text looks like a code: `card_declined`, `20051`.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a text looks like a message or a parameter's name.
pub(crate) fn is_sentence(text: &str) -> bool {
    text.len() <= LONGEST_SENTENCE && !text.chars().any(char::is_control)
}
