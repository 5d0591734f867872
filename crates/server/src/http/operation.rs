//! An operation on a resource, from request to answer.

use std::panic::AssertUnwindSafe;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, ETAG, HeaderValue, LOCATION, RETRY_AFTER},
    },
    web::{Bytes, Payload},
};
use futures::FutureExt;
use tillgate_model::{
    Action, Problem, Problems, Resource,
    openapi::{Operation, OperationKind},
    request::check_content,
    resources::Customer,
};
use tillgate_payments::{Answer, Call, entity_tag};
use tracing::Instrument;

use super::{
    authentication, body, card_numbers, conditional, errors, idempotency,
    negotiation::{self, MediaType},
    permission, query,
    state::Worker,
};

/// Answers a request. A panic becomes an internal error.
pub async fn answer(
    worker: &Worker,
    operation: Operation,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    AssertUnwindSafe(negotiated(worker, operation, request, payload))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!("the operation panicked");
            errors::internal(request.path())
        })
}

async fn negotiated(
    worker: &Worker,
    operation: Operation,
    request: &HttpRequest,
    mut payload: Payload,
) -> HttpResponse {
    let (media_type, outcome) = match negotiation::accepted(request.headers()) {
        Ok(media_type) => (media_type, called(worker, operation, request, &mut payload).await),
        Err(problem) => (MediaType::default(), Err(problem.into())),
    };
    let outcome = outcome.and_then(|answer| Ok(success(answer, operation, request, media_type)?));
    match outcome {
        Ok(response) => response,
        Err(problems) => {
            body::discard(&mut payload).await;
            errors::response(&problems, operation.resource.dialect, media_type)
        }
    }
}

async fn called(
    worker: &Worker,
    operation: Operation,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Answer, Problems> {
    card_numbers::check(request)?;
    let (headers, query) = (request.headers(), request.query_string());
    if operation.has_body() {
        negotiation::readable(headers)?;
    }
    let caller = authentication::caller(worker, request)?;
    if operation.method() != "GET" {
        worker.shared.revocations.require_fresh()?;
    }
    let limits = &worker.shared.limits;
    limits.request(&caller)?;
    permission::check(caller.buyer(), &operation)?;
    if caller.buyer().is_some() && is_sign_up(&operation) {
        limits.sign_up(&caller)?;
    }
    let asked = query::read(&operation, caller.buyer(), query)?;
    let if_match = match operation.takes_condition() {
        true => conditional::required(headers)?,
        false => None,
    };
    let (body, idempotency_key) = if operation.has_body() {
        let body = body::read(headers, payload).await?;
        check_content(&body)?;
        let path = request.path().strip_suffix('/').unwrap_or(request.path());
        let key = idempotency::key(headers, operation.method(), path, query, &body)?;
        (body, key)
    } else {
        // Clients send a body with DELETE too. It is ignored, and the connection stays open.
        body::discard(payload).await;
        (Bytes::new(), None)
    };
    let id = request.match_info().get("id").and_then(|id| id.parse().ok());
    let call = Call {
        operation,
        id,
        query: asked,
        body,
        idempotency_key,
        if_match,
    };
    if operation.method() == "GET" {
        return worker.service.call(&caller, call).await;
    }
    // A change is completed even if the client disconnects, so that no outcome needs to be resolved.
    let service = worker.service.clone();
    let finished = actix_web::rt::spawn(async move { service.call(&caller, call).await }.in_current_span());
    finished.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the operation panicked");
        Err(Problem::internal().into())
    })
}

fn is_sign_up(operation: &Operation) -> bool {
    matches!(operation.kind, OperationKind::Action(Action::Create))
        && operation.resource.kind == Customer::META.kind
}

fn success(
    answer: Answer,
    operation: Operation,
    request: &HttpRequest,
    media_type: MediaType,
) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if operation.has_entity_tag() {
        let tag = entity_tag(&answer.body);
        let is_known = operation.method() == "GET" && conditional::is_known(request.headers(), &tag)?;
        // `If-Match` is compared with the tag of the document without parameters, so other documents have none.
        if request.query_string().is_empty() {
            if is_known {
                return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
            }
            response.insert_header((ETAG, tag));
        }
    }
    if let Some(location) = answer.location {
        response.insert_header((LOCATION, location));
    }
    if answer.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    if let Some(seconds) = answer.retry_after {
        response.insert_header((RETRY_AFTER, seconds));
    }
    if answer.body.is_empty() {
        return Ok(response.finish());
    }
    Ok(response
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(media_type.as_str())))
        .body(answer.body))
}
