//! Whether an answer reads as a PSP's own. What does not is not shown to anybody: it may come from another machine.

use crate::wire::PspResponse;

/// Longer codes and messages are no PSP's.
const LONGEST_WORD: usize = 128;
const LONGEST_SENTENCE: usize = 2_000;

/// Whether the answer says that it is JSON.
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

/// Whether a text is such as codes are: `card_declined`, `20051`.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a text is such as messages and names of parameters are.
pub(crate) fn is_sentence(text: &str) -> bool {
    text.len() <= LONGEST_SENTENCE && !text.chars().any(char::is_control)
}
