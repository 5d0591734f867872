//! The `Idempotency-Key` header, and the fingerprint of its request.

use actix_web::http::header::HeaderMap;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tillgate_model::{Problem, problem::Kind};
use tillgate_payments::IdempotencyKey;

use super::query;

const HEADER: &str = "Idempotency-Key";
const MAX_LENGTH: usize = 255;

/// The key of a request, if it has one.
///
/// # Errors
/// A key that is too long, has other characters than visible ASCII, or more than one key.
pub fn key(
    headers: &HeaderMap,
    method: &str,
    path: &str,
    query: &str,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let mut given = headers.get_all("idempotency-key");
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let well_formed =
        (1..=MAX_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !well_formed || given.next().is_some() {
        let message = "Send one key of 1 to 255 visible ASCII characters, without spaces.";
        return Err(Problem::new(Kind::InvalidParamValue, message).header(HEADER));
    }
    Ok(Some(IdempotencyKey {
        key: key.to_owned(),
        fingerprint: fingerprint(method, path, query, body)?,
    }))
}

/// SHA-256 in hex over method, path, query and body. The order of query parameters and of JSON members, and white space, make no
/// difference.
fn fingerprint(method: &str, path: &str, query: &str, body: &[u8]) -> Result<String, Problem> {
    let mut parameters = query::pairs(query)?;
    parameters.sort();
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(mut document) => {
            sort_members(&mut document);
            document.to_string().into_bytes()
        }
        Err(_) => body.to_vec(),
    };
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        // With lengths, parts can't run into each other.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    add(method.as_bytes());
    add(path.as_bytes());
    for (name, value) in &parameters {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    add(&body);
    Ok(hex::encode(hash.finalize()))
}

/// The parser bounds the depth of a document.
fn sort_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_keys();
            members.values_mut().for_each(sort_members);
        }
        Value::Array(items) => items.iter_mut().for_each(sort_members),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn of(body: &str) -> String {
        fingerprint("POST", "/api/orders", "", body.as_bytes()).expect("a fingerprint")
    }

    #[test]
    fn the_same_request_written_otherwise_is_the_same() {
        assert_eq!(
            of(r#"{"a":{"c":1,"b":[1,2]},"d":"é"}"#),
            of("{ \"d\": \"\\u00e9\", \"a\": {\"b\": [1, 2],\n\"c\": 1} }")
        );
        let query = |query| fingerprint("POST", "/api/orders", query, b"{}").expect("a fingerprint");
        assert_eq!(query("a=1&b=%20"), query("b=+&a=1"));
    }

    #[test]
    fn another_request_differs() {
        let bodies = [
            "{}",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            "{",
            "",
            "{ ",
        ];
        let mut all: Vec<String> = bodies.iter().map(|body| of(body)).collect();
        all.push(fingerprint("PATCH", "/api/orders", "", b"{}").expect("a fingerprint"));
        all.push(fingerprint("POST", "/api/order", "s", b"{}").expect("a fingerprint"));
        all.push(fingerprint("POST", "/api/orders", "a=b", b"{}").expect("a fingerprint"));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    fn header(values: &[&[u8]]) -> Result<Option<IdempotencyKey>, u16> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value).expect("a header value");
            headers.append(HeaderName::from_static("idempotency-key"), value);
        }
        key(&headers, "POST", "/", "", b"").map_err(|problem| problem.kind.status())
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        assert!(header(&[]).expect("fine").is_none());
        for good in [&b"a"[..], &[b'~'; 255]] {
            assert_eq!(
                header(&[good]).expect("fine").expect("a key").key.as_bytes(),
                good
            );
        }
        for bad in [&b""[..], b"a b", &[b'a'; 256], "é".as_bytes(), b"a\tb"] {
            assert_eq!(header(&[bad]).err(), Some(400), "{bad:?}");
        }
        assert_eq!(header(&[b"a", b"a"]).err(), Some(400));
    }
}
