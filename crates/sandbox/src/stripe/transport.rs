//! From an HTTP request to an endpoint and back: keys, versions, forms, idempotency, headers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};

use super::auth::Caller;
use super::call::{Call, random};
use super::error::ApiError;
use super::form::{self, Node};
use super::idempotency::{self, Idempotency, Keyed};
use super::params::Params;
use super::route;
use super::store::Store;
use crate::env::Env;
use crate::web;

/// The version of requests that don't name one.
pub(super) const DEFAULT_VERSION: &str = "2026-07-29.dahlia";
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn answer(
    store: &mut Store,
    idempotency: &mut Idempotency,
    env: &mut Env,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let request_id = random(env, "req_", 14);
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else {
        match execute(store, idempotency, env, request, &request_id) {
            Ok(response) => response,
            Err(error) => {
                let status = error.status;
                let livemode = auth_header_is_live(request);
                let mut response = web::json(status, &error.into_value(&request_id, livemode));
                if status == StatusCode::UNAUTHORIZED {
                    set(&mut response, WWW_AUTHENTICATE, "Basic realm=\"Stripe\"");
                }
                response
            }
        }
    };
    set(&mut response, HeaderName::from_static("request-id"), &request_id);
    let version = version(request).unwrap_or(DEFAULT_VERSION);
    set(&mut response, HeaderName::from_static("stripe-version"), version);
    if let Some(key) = idempotency::header(request.headers()) {
        set(&mut response, HeaderName::from_static("idempotency-key"), key);
    }
    // An answer names the connected account of the request.
    let account = HeaderName::from_static("stripe-account");
    if let Some(id) = request.headers().get(&account) {
        response.headers_mut().insert(account, id.clone());
    }
    // Stripe's browser library calls from every shop's origin.
    set(&mut response, http::header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    response
}

fn execute(
    store: &mut Store,
    idempotency: &mut Idempotency,
    env: &mut Env,
    request: &Request<Bytes>,
    request_id: &str,
) -> Result<Response<Bytes>, ApiError> {
    let text = parameters(request)?;
    let mut fields = form::parse(text)?;
    let key_param = take_text(&mut fields, "key");
    take_text(&mut fields, "_stripe_version");
    let caller = Caller::authenticate(request.headers(), key_param.as_deref())?;
    if let Some(version) = version(request).filter(|version| !is_version(version)) {
        return Err(ApiError::invalid(format!(
            "Invalid Stripe API version: {version}"
        )));
    }
    let keyed = Keyed::read(request, caller)?;
    if let Some(keyed) = &keyed
        && let Some((status, body)) = idempotency.replay(env, keyed)?
    {
        let mut response = json_bytes(status, body);
        set(
            &mut response,
            HeaderName::from_static("idempotent-replayed"),
            "true",
        );
        return Ok(response);
    }
    let now = env.now();
    let idempotency_key = keyed.as_ref().map(|keyed| keyed.key.clone());
    let mut call = Call {
        env,
        caller,
        idempotency_key,
        request_id: Some(request_id.to_owned()),
        now,
    };
    let result = route::dispatch(
        store,
        &mut call,
        request.method(),
        request.uri().path(),
        Params::new(fields),
    );
    let (stored, response) = match result {
        Ok(value) => (true, web::json(StatusCode::OK, &value)),
        Err(error) => {
            let (stored, status) = (error.stored, error.status);
            (
                stored,
                web::json(status, &error.into_value(request_id, caller.livemode)),
            )
        }
    };
    if let Some(keyed) = keyed.filter(|_| stored) {
        idempotency.store(env, keyed, response.status(), response.body());
    }
    Ok(response)
}

/// The form in the body of a POST, the query string of anything else.
fn parameters(request: &Request<Bytes>) -> Result<&str, ApiError> {
    if request.method() != Method::POST {
        return Ok(request.uri().query().unwrap_or_default());
    }
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    if !request.body().is_empty() && !media_type.eq_ignore_ascii_case(FORM) {
        return Err(ApiError::invalid(format!(
            "Invalid request (check that your POST content type is {FORM})."
        )));
    }
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Err(ApiError::invalid(
            "Parameters of a POST go into its body, not into the query string.",
        ));
    }
    std::str::from_utf8(request.body())
        .map_err(|_| ApiError::invalid("Invalid UTF-8 in the request's parameters."))
}

fn take_text(fields: &mut form::Fields, name: &str) -> Option<String> {
    let index = fields
        .iter()
        .position(|(known, node)| known == name && matches!(node, Node::Text(_)))?;
    match fields.remove(index).1 {
        Node::Text(text) => Some(text),
        Node::List(_) | Node::Map(_) => None,
    }
}

fn version(request: &Request<Bytes>) -> Option<&str> {
    request.headers().get("stripe-version")?.to_str().ok()
}

/// `2026-07-29`, since 2024 with the name of a release: `2026-07-29.dahlia`.
pub(super) fn is_version(version: &str) -> bool {
    let (date, release) = version.split_once('.').unwrap_or((version, "none"));
    date.parse::<chrono::NaiveDate>().is_ok()
        && date.len() == 10
        && !release.is_empty()
        && release.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether the request claims a live key, which only decides the URL of its log.
fn auth_header_is_live(request: &Request<Bytes>) -> bool {
    Caller::authenticate(request.headers(), None).is_ok_and(|caller| caller.livemode)
}

fn preflight() -> Response<Bytes> {
    let mut response = web::empty(StatusCode::NO_CONTENT);
    set(
        &mut response,
        http::header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, DELETE, OPTIONS",
    );
    set(
        &mut response,
        http::header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    );
    set(&mut response, http::header::ACCESS_CONTROL_MAX_AGE, "300");
    response
}

fn json_bytes(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json");
    response
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
