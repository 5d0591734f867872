//! JSON Pointer (RFC 6901) text.

/// `pointer` with one more reference token.
pub fn child(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
}

/// The unescaped reference tokens of `pointer`.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_both_ways() {
        let pointer = child(&child("", "a/b"), "m~n");
        assert_eq!(pointer, "/a~1b/m~0n");
        assert_eq!(tokens(&pointer), ["a/b", "m~n"]);
    }

    #[test]
    fn the_empty_pointer_has_no_tokens() {
        assert!(tokens("").is_empty());
    }
}
