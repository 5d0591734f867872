//! The identifier of a request, in its answer and its log lines.

use actix_web::http::header::{HeaderMap, HeaderValue};
use tillgate_model::card_number;

/// Name of the header.
pub const HEADER: &str = "x-request-id";

const MAX_LENGTH: usize = 128;

/// The caller's identifier, if it is safe to repeat; else a new one.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    let sent = headers.get(HEADER).filter(|value| well_formed(value.as_bytes()));
    sent.cloned().unwrap_or_else(|| {
        let id = format!("{:032x}", rand::random::<u128>());
        HeaderValue::from_str(&id).expect("hexadecimal digits are fit for a header")
    })
}

fn well_formed(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
        && str::from_utf8(id).is_ok_and(|id| !card_number::contains(id))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn with(id: &str) -> HeaderValue {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static(HEADER),
            HeaderValue::from_str(id).expect("a header value"),
        );
        of(&headers)
    }

    #[test]
    fn a_well_formed_id_is_kept() {
        assert_eq!(with("9f1c-A_b.c:1"), "9f1c-A_b.c:1");
        assert_eq!(with(&"a".repeat(MAX_LENGTH)), "a".repeat(MAX_LENGTH));
    }

    #[test]
    fn any_other_is_replaced() {
        for id in [
            "",
            "a b",
            "a\"b",
            "a<b",
            &"a".repeat(MAX_LENGTH + 1),
            "4242424242424242",
            "id:4242-4242-4242-4242",
        ] {
            assert_eq!(with(id).len(), 32, "{id}");
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
