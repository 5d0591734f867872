//! API keys: their shape and their mode.
//!
//! Key shape: Checkout.com SDKs, `^(sk|pk)_(sbox_)?[a-z2-7]{26}[a-z2-7*#$=]$`.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};

use super::answer::Refusal;
use super::ids::is_base32;

/// Test and live objects never see each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Secret,
    Public,
}

/// The mode of the request's key, which must be of the given kind.
///
/// Any well-formed key is accepted: the simulator has no accounts, only the two modes. A key of the
/// previous platform (`sk_test_<uuid>`, sent without `Bearer`) is malformed here.
pub(super) fn authenticate(headers: &HeaderMap, kind: KeyKind) -> Result<Mode, Refusal> {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(parse)
        .filter(|(found, _)| *found == kind)
        .map(|(_, mode)| mode)
        .ok_or(Refusal::Empty(StatusCode::UNAUTHORIZED))
}

fn parse(key: &str) -> Option<(KeyKind, Mode)> {
    let (kind, rest) = if let Some(rest) = key.strip_prefix("sk_") {
        (KeyKind::Secret, rest)
    } else {
        (KeyKind::Public, key.strip_prefix("pk_")?)
    };
    let (live, secret) = match rest.strip_prefix("sbox_") {
        Some(secret) => (false, secret),
        None => (true, rest),
    };
    let (body, check) = secret.split_at_checked(26)?;
    let well_formed = is_base32(body) && (is_base32(check) || matches!(check, "*" | "#" | "$" | "="));
    (well_formed && check.len() == 1).then_some((kind, Mode { live }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_apart() {
        let body = "a".repeat(26);
        for (key, expected) in [
            (
                format!("sk_sbox_{body}="),
                Some((KeyKind::Secret, Mode { live: false })),
            ),
            (
                format!("sk_{body}7"),
                Some((KeyKind::Secret, Mode { live: true })),
            ),
            (
                format!("pk_sbox_{body}*"),
                Some((KeyKind::Public, Mode { live: false })),
            ),
            (format!("sk_sbox_{body}"), None),
            (format!("sk_sbox_{body}aa"), None),
            (format!("sk_sbox_{body}1"), None),
            ("sk_test_0b9b5db6-f223-49d0-b68f-f6643dd4f808".to_owned(), None),
            (format!("sk_{}é", "a".repeat(25)), None),
        ] {
            assert_eq!(parse(&key), expected, "{key}");
        }
    }
}
