//! Identifiers: a prefix that names the kind, then 16 random bytes in lower-case base32.

/// Length of the part after the prefix.
pub(super) const LENGTH: usize = 26;

pub(super) const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Whether every character is one of `[a-z2-7]`, and there is at least one.
pub(super) fn is_base32(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Whether `id` is `prefix` (with its underscore) and 26 base32 characters.
pub(super) fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == LENGTH && is_base32(rest))
}

/// 26 base32 characters of a 128-bit number; the same number gives the same text.
pub(super) fn base32(bits: u128) -> String {
    (0..LENGTH)
        .rev()
        .map(|place| char::from(ALPHABET[(bits >> (5 * place)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_has_the_documented_shape() {
        assert_eq!(base32(0), "a".repeat(LENGTH));
        assert_eq!(base32(33), format!("{}bb", "a".repeat(24)));
        assert!(is_id(&format!("pay_{}", base32(u128::MAX)), "pay_"));
    }

    #[test]
    fn foreign_ids_are_recognised() {
        assert!(is_id("tok_4gzeau5o2uqubbk6fufs3m7p54", "tok_"));
        for id in [
            "tok_",
            "tok_4gzeau5o2uqubbk6fufs3m7p5",
            "tok_4gzeau5o2uqubbk6fufs3m7p51",
            "src_4gzeau5o2uqubbk6fufs3m7p54",
        ] {
            assert!(!is_id(id, "tok_"), "{id}");
        }
    }
}
