//! The common parts of all requests and answers.

use std::time::Instant;

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
        X_CONTENT_TYPE_OPTIONS,
    },
    middleware::Next,
    web::Data,
};
use tracing::Instrument;

use super::{access_log, client_address::ClientAddress, cors::Cors, metrics, request_id, state::Worker};

/// A page that loads resources has its own policy.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Gives a request its id and its log span, and an answer its common headers.
pub async fn edge(
    worker: Data<Worker>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let id = request_id::of(request.headers());
    ClientAddress::note(&request, &worker.shared.trusted_proxies);
    let cors = &worker.shared.cors;
    let origin = cors.allowed(request.headers());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let preflight = origin.is_some() && Cors::is_preflight(request.method(), request.headers());
    let mut response = if preflight {
        request.into_response(Cors::preflight())
    } else {
        next.call(request)
            .instrument(span.clone())
            .await?
            .map_into_boxed_body()
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static(request_id::HEADER), id);
    secure(headers);
    cors.permit(headers, origin);
    let elapsed = began.elapsed();
    metrics::record(&response, elapsed);
    span.in_scope(|| access_log::write(&response, elapsed));
    Ok(response)
}

/// An answer is for the caller alone and has the declared type. As a page it may load and embed nothing.
fn secure(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Accept"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
}
