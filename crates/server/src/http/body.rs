//! Reads a request's body, bounded in size and time.

use std::time::Duration;

use actix_web::{
    http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue},
    web::{Bytes, BytesMut, Payload},
};
use futures::StreamExt;
use tillgate_model::{Problem, openapi::refusals, problem::Kind, request::MAX_BODY_BYTES};
use tokio::time::timeout;

/// Maximum size of a PSP's event, which can hold a payment with all that belongs to it, in bytes.
pub const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// Maximum size of a token request, with a few short parameters, in bytes.
pub const MAX_TOKEN_REQUEST_BYTES: usize = 16 * 1024;
/// Maximum size of an unwanted body that is still read, in bytes.
const MAX_DISCARDED: usize = 4 * 1024 * 1024;
/// The header in the error for a body with a content coding.
pub const CONTENT_ENCODED: &str = "Content-Encoding";
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the body of a request on a resource.
///
/// # Errors
/// It has a content coding, is too large, too slow, or ends early.
pub async fn read(headers: &HeaderMap, payload: &mut Payload) -> Result<Bytes, Problem> {
    read_up_to(headers, payload, MAX_BODY_BYTES).await
}

/// Reads a body of limited size.
///
/// # Errors
/// It has a content coding, is too large, too slow, or ends early.
pub async fn read_up_to(headers: &HeaderMap, payload: &mut Payload, limit: usize) -> Result<Bytes, Problem> {
    refuse_coded(headers)?;
    timeout(READ_TIMEOUT, collect(payload, limit))
        .await
        .unwrap_or_else(|_| {
            let message = format!(
                "The body did not arrive within {} seconds.",
                READ_TIMEOUT.as_secs()
            );
            Err(Problem::new(Kind::InvalidDataFormat, message))
        })
}

/// A compressed body is refused: a small one could become a very large one.
fn refuse_coded(headers: &HeaderMap) -> Result<(), Problem> {
    let is_plain = |value: &HeaderValue| {
        let mut codings = value.as_bytes().split(|byte| *byte == b',');
        codings.all(|coding| {
            matches!(coding.trim_ascii(), b"") || coding.trim_ascii().eq_ignore_ascii_case(b"identity")
        })
    };
    if headers.get_all(CONTENT_ENCODING).all(is_plain) {
        return Ok(());
    }
    let message = "Send the body without a content coding.";
    Err(Problem::new(Kind::UnsupportedMediaType, message).header(CONTENT_ENCODED))
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(
                Kind::InvalidDataFormat,
                format!("The body cannot be read: {error}."),
            )
        })?;
        if body.len() + chunk.len() > limit {
            return Err(refusals::too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads the rest of a refused body: a client that still sends would otherwise find the connection closed, and miss the answer.
pub async fn discard(payload: &mut Payload) {
    let mut left = MAX_DISCARDED;
    let all = async {
        while let Some(Ok(chunk)) = payload.next().await {
            match left.checked_sub(chunk.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // A slower rest is not read.
    let _ = timeout(DISCARD_TIMEOUT, all).await;
}
