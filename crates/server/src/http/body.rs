//! Reading a request's body, bounded.

use actix_web::web::{Bytes, BytesMut, Payload};
use futures::StreamExt;
use tillgate_model::{Problem, problem::Kind};

/// Bytes that a body can have.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Reads the body.
///
/// # Errors
/// It is too large, or ends before its time.
pub async fn read(mut payload: Payload) -> Result<Bytes, Problem> {
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|error| unreadable(&error))?;
    check(first.len())?;
    let Some(second) = payload.next().await else { return Ok(first) };
    let mut body = BytesMut::from(first.as_ref());
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        check(body.len() + chunk.len())?;
        body.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(body.freeze())
}

fn check(length: usize) -> Result<(), Problem> {
    if length <= MAX_BYTES {
        return Ok(());
    }
    Err(Problem::new(Kind::PayloadTooLarge, format!("A body has up to {MAX_BYTES} bytes.")))
}

fn unreadable(error: &actix_web::error::PayloadError) -> Problem {
    Problem::new(Kind::InvalidDataFormat, format!("The body cannot be read: {error}."))
}
