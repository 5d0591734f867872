//! Problems as answers. They never contain internal causes; the request id leads to these in the log.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use tillgate_model::{
    Dialect, Problem, Problems,
    problem::{Kind, Source},
};

use super::{body, negotiation::MediaType};

/// Seconds after which to try again, if a passing problem names no other time.
const SOON: u64 = 1;

/// The answer with the problems.
pub fn response(problems: &Problems, dialect: Dialect, media_type: MediaType) -> HttpResponse {
    let status = StatusCode::from_u16(problems.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(media_type.as_str())));
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((
            WWW_AUTHENTICATE,
            HeaderValue::from_static(r#"Bearer realm="tillgate""#),
        ));
    }
    let is_coded = |problem: &Problem| problem.source == Some(Source::Header(body::CONTENT_ENCODED.into()));
    if problems.iter().any(is_coded) {
        // RFC 9110 section 15.5.16
        response.insert_header((ACCEPT_ENCODING, "identity"));
    }
    if let Some(seconds) = problems.retry_after.or_else(|| passes(problems).then_some(SOON)) {
        response.insert_header((RETRY_AFTER, seconds));
    }
    response.body(problems.render(dialect).to_string())
}

fn passes(problems: &Problems) -> bool {
    problems.iter().any(|problem| {
        matches!(
            problem.kind,
            Kind::TooManyRequests
                | Kind::ServiceUnavailable
                | Kind::OutcomeUnknown
                | Kind::PaymentGatewayUnavailable
                | Kind::IdempotencyKeyInUse
        )
    })
}

/// The answer for an unknown path.
pub fn route_not_found(path: &str) -> HttpResponse {
    let problem = Problem::new(
        Kind::RouteNotFound,
        "The path does not exist. /openapi.json lists all paths.",
    );
    response(&problem.into(), Dialect::of_path(path), MediaType::default())
}

/// The answer for a path that does not support the method. `allow` lists its methods.
pub fn method_not_allowed(path: &str, allow: &HeaderValue) -> HttpResponse {
    let message = format!("This path supports {}.", allow.to_str().unwrap_or_default());
    let problem = Problem::new(Kind::MethodNotAllowed, message);
    let mut response = response(&problem.into(), Dialect::of_path(path), MediaType::default());
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

/// The answer for a fault of this service.
pub fn internal(path: &str) -> HttpResponse {
    response(
        &Problem::internal().into(),
        Dialect::of_path(path),
        MediaType::default(),
    )
}
