//! Checks each request against the OpenAPI document, without affecting it.

use std::time::Duration;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
    web::{Bytes, Data},
};
use futures::{StreamExt, stream};
use tillgate_contract::Sent;
use tillgate_model::request::MAX_BODY_BYTES;
use tokio::time::{Instant, timeout_at};

use crate::{ephemeral::Answered, http::state::Worker};

/// A request with this header violates the document on purpose.
const EXPECTED: &str = "x-expect-violation";
/// A longer or slower body is not checked; the handlers have their own limits.
const MAX_BYTES: usize = MAX_BODY_BYTES;
const PATIENCE: Duration = Duration::from_secs(10);

/// Records a request with its violations of the document.
pub async fn watch(
    worker: Data<Worker>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let ephemeral = worker.shared.ephemeral.as_ref();
    let strict = match ephemeral.and_then(|ephemeral| ephemeral.strict.as_ref()) {
        Some(strict) if is_for_clients(request.path()) => strict,
        _ => return next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    };
    let body = peek(&mut request).await;
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let expected = request.headers().contains_key(EXPECTED);
    let faults = {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        strict.check(&Sent {
            method: method.as_str(),
            path: &path,
            query: request.query_string(),
            header: &header,
            body: &body,
        })
    };
    let answer = next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    let status = match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let answered = Answered {
        method: method.as_str(),
        path: &path,
        status: status.as_u16(),
        expected,
    };
    strict.note(&answered, faults);
    answer
}

/// Whether the document covers a path. Swagger UI's files and the endpoints below `/ephemeral` are not part of the API. Webhooks
/// are the PSPs' requests.
fn is_for_clients(path: &str) -> bool {
    let is_below = |start: &str| {
        path.strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !["/swagger-ui", "/ephemeral", "/favicon.ico", "/webhook_callbacks"]
        .into_iter()
        .any(is_below)
}

/// Reads the body, and puts it back for the handler.
async fn peek(request: &mut ServiceRequest) -> Vec<u8> {
    let mut payload = request.take_payload();
    let (mut read, mut body): (Vec<Result<Bytes, PayloadError>>, Vec<u8>) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while body.len() <= MAX_BYTES {
        let Ok(Some(chunk)) = timeout_at(deadline, payload.next()).await else {
            break;
        };
        if let Ok(bytes) = &chunk {
            body.extend_from_slice(bytes);
        }
        let is_last = chunk.is_err();
        read.push(chunk);
        if is_last {
            break;
        }
    }
    request.set_payload(Payload::Stream {
        payload: Box::pin(stream::iter(read).chain(payload)),
    });
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_part_of_the_api_is_not_watched() {
        for path in [
            "/swagger-ui/",
            "/swagger-ui",
            "/ephemeral",
            "/ephemeral/reset",
            "/favicon.ico",
            "/webhook_callbacks/a/b",
        ] {
            assert!(!is_for_clients(path), "{path}");
        }
        for path in ["/api/orders", "/oauth/token", "/", "/ephemerals", "/openapi.json"] {
            assert!(is_for_clients(path), "{path}");
        }
    }
}
