//! The sandbox's own routes below `/sandbox`.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::faults::Fault;
use crate::handler::State;
use crate::{home, web};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

/// Whether a path is for the operator of the sandbox alone. The HTTP server answers these to loopback peers only.
pub(crate) fn is_restricted(path: &str) -> bool {
    ["/sandbox/ledger", "/sandbox/faults", "/sandbox/clock"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

pub(crate) fn answer(state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path().trim_end_matches('/');
    match (request.method(), path) {
        (&Method::GET, "/sandbox") => home::page(),
        (&Method::GET, "/sandbox/instruments") => web::json(StatusCode::OK, &home::instruments()),
        (&Method::GET, "/sandbox/ledger") => web::json(StatusCode::OK, &state.ledger()),
        (&Method::GET, "/sandbox/faults") => web::json(StatusCode::OK, &state.faults.list()),
        (&Method::POST, "/sandbox/faults") => match serde_json::from_slice::<Fault>(request.body()) {
            Ok(fault) => match state.faults.add(fault) {
                Ok(()) => web::json(StatusCode::CREATED, &state.faults.list()),
                Err(problem) => bad_request(problem),
            },
            Err(error) => bad_request(&error.to_string()),
        },
        (&Method::DELETE, "/sandbox/faults") => {
            state.faults.clear();
            web::empty(StatusCode::NO_CONTENT)
        }
        (&Method::POST, "/sandbox/clock/advance") => {
            match serde_json::from_slice::<Advance>(request.body()) {
                Ok(advance) => {
                    state.env.advance_clock(advance.seconds);
                    web::json(StatusCode::OK, &json!({ "now": state.env.now() }))
                }
                Err(error) => bad_request(&error.to_string()),
            }
        }
        _ => web::empty(StatusCode::NOT_FOUND),
    }
}

fn bad_request(problem: &str) -> Response<Bytes> {
    web::json(StatusCode::BAD_REQUEST, &json!({ "error": problem }))
}

#[cfg(test)]
mod tests {
    use super::is_restricted;

    #[test]
    fn buyers_pages_are_open_and_the_operator_s_routes_are_not() {
        for path in [
            "/sandbox/ledger",
            "/sandbox/faults",
            "/sandbox/faults/",
            "/sandbox/clock/advance",
        ] {
            assert!(is_restricted(path), "{path}");
        }
        for path in [
            "/sandbox",
            "/sandbox/instruments",
            "/sandbox/stripe/3ds/pi_1",
            "/v1/payment_intents",
        ] {
            assert!(!is_restricted(path), "{path}");
        }
    }
}
