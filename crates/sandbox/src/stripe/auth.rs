//! The caller: the API key in the request.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};

use super::error::ApiError;

/// The caller that the key identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// Live and test objects don't see each other.
    pub(super) livemode: bool,
    /// A publishable key, as browsers have it.
    pub(super) publishable: bool,
}

impl Caller {
    /// Reads the key from HTTP Basic (key as user, empty password), Bearer, or, for publishable keys only, the `key` parameter.
    /// Any well-formed key is an account: the sandbox knows no others.
    pub(super) fn authenticate(headers: &HeaderMap, key_param: Option<&str>) -> Result<Self, ApiError> {
        let header = match headers.get(AUTHORIZATION) {
            None => None,
            Some(value) => Some(value.to_str().ok().and_then(credential).ok_or_else(|| {
                unauthorized("Invalid Authorization header: expected Bearer with the API key, or Basic with the API key as user name.".to_owned())
            })?),
        };
        let key = match (&header, key_param) {
            (Some(key), _) => key.as_str(),
            (None, Some(key)) if key.starts_with("pk_") => key,
            (None, _) => {
                return Err(unauthorized(
                    "You did not provide an API key. Provide it in the Authorization header, using Bearer or Basic authentication.".to_owned(),
                ));
            }
        };
        parse(key).ok_or_else(|| unauthorized(format!("Invalid API Key provided: {}", redact(key))))
    }

    /// Publishable keys reach few endpoints.
    pub(super) fn require_secret(self) -> Result<(), ApiError> {
        if self.publishable {
            return Err(ApiError::refused(
                StatusCode::FORBIDDEN,
                "This API call cannot be made with a publishable API key. Please use a secret API key.",
            )
            .with_code("secret_key_required"));
        }
        Ok(())
    }
}

fn unauthorized(message: String) -> ApiError {
    ApiError::refused(StatusCode::UNAUTHORIZED, message)
}

fn credential(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(decode_base64(value.trim())?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    password.is_empty().then(|| user.to_owned())
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

fn parse(key: &str) -> Option<Caller> {
    let mut parts = key.splitn(3, '_');
    let publishable = match parts.next()? {
        "sk" | "rk" => false,
        "pk" => true,
        _ => return None,
    };
    let livemode = match parts.next()? {
        "live" => true,
        "test" => false,
        _ => return None,
    };
    let secret = parts.next()?;
    let well_formed = (6..=247).contains(&secret.len())
        && secret
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    well_formed.then_some(Caller {
        livemode,
        publishable,
    })
}

/// The key with all but its kind and its last four characters hidden.
fn redact(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < 16 {
        return "*".repeat(characters.len());
    }
    let tail = characters.len() - 4;
    let mask = |(index, character): (usize, &char)| {
        if index < 8 || index >= tail {
            *character
        } else {
            '*'
        }
    };
    characters.iter().enumerate().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_mode_and_kind() {
        assert_eq!(
            parse("sk_test_abcdef"),
            Some(Caller {
                livemode: false,
                publishable: false
            })
        );
        assert_eq!(
            parse("rk_live_abcdef"),
            Some(Caller {
                livemode: true,
                publishable: false
            })
        );
        assert_eq!(
            parse("pk_test_abcdef"),
            Some(Caller {
                livemode: false,
                publishable: true
            })
        );
        for malformed in [
            "sk_test_",
            "sk_abcdefgh",
            "xx_test_abcdef",
            "sk_test_abc def",
            "sk-test-abcdef",
            "",
        ] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn a_refused_key_is_not_repeated_whole() {
        assert_eq!(redact("sk_prod_0123456789abcdef"), "sk_prod_************cdef");
        assert_eq!(redact("short"), "*****");
    }
}
