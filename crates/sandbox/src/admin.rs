//! The sandbox's own routes below `/sandbox`.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::handler::State;
use crate::{home, web};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
    /// Whether the service's clock stays unchanged.
    #[serde(default)]
    only_psps: bool,
}

/// The longest delay of asynchronous actions: a week.
const MAX_ACTION_DELAY_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// The settings that can change while the sandbox runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    action_delay_ms: u64,
}

/// Whether a path is for the sandbox's operator only.
pub(crate) fn is_restricted(path: &str) -> bool {
    [
        "/sandbox/ledger",
        "/sandbox/faults",
        "/sandbox/clock",
        "/sandbox/settings",
        "/sandbox/webhooks",
    ]
    .iter()
    .any(|prefix| path.starts_with(prefix))
}

pub(crate) fn answer(state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path().trim_end_matches('/');
    match (request.method(), path) {
        (&Method::GET, "/sandbox") => home::page(),
        (&Method::GET, "/sandbox/instruments") => web::json(StatusCode::OK, &home::instruments()),
        (&Method::GET, "/sandbox/ledger") => web::json(StatusCode::OK, &state.ledger()),
        (&Method::GET, "/sandbox/faults") => web::json(StatusCode::OK, &state.env.faults().list()),
        (&Method::POST, "/sandbox/faults") => match serde_json::from_slice::<Fault>(request.body()) {
            Ok(fault) => match state.env.faults().add(fault) {
                Ok(()) => web::json(StatusCode::CREATED, &state.env.faults().list()),
                Err(problem) => bad_request(problem),
            },
            Err(error) => bad_request(&error.to_string()),
        },
        (&Method::DELETE, "/sandbox/faults") => {
            state.env.faults().clear();
            web::empty(StatusCode::NO_CONTENT)
        }
        (&Method::GET, "/sandbox/webhooks") => web::json(StatusCode::OK, &state.webhooks.list()),
        (&Method::GET, "/sandbox/settings") => web::json(StatusCode::OK, &settings(state)),
        (&Method::POST, "/sandbox/settings") => match serde_json::from_slice::<Settings>(request.body()) {
            Ok(Settings { action_delay_ms }) if action_delay_ms <= MAX_ACTION_DELAY_MS => {
                state.env.set_action_delay(Duration::from_millis(action_delay_ms));
                web::json(StatusCode::OK, &settings(state))
            }
            Ok(_) => bad_request("action_delay_ms is too long: at most a week"),
            Err(error) => bad_request(&error.to_string()),
        },
        (&Method::GET, "/sandbox/clock") => web::json(StatusCode::OK, &json!({ "now": state.env.now() })),
        (&Method::POST, "/sandbox/clock/advance") => {
            match serde_json::from_slice::<Advance>(request.body()) {
                Ok(advance) => {
                    state.env.advance_clock(advance.seconds, advance.only_psps);
                    state.catch_up();
                    web::json(StatusCode::OK, &json!({ "now": state.env.now() }))
                }
                Err(error) => bad_request(&error.to_string()),
            }
        }
        _ => web::empty(StatusCode::NOT_FOUND),
    }
}

fn settings(state: &State) -> Value {
    json!({ "action_delay_ms": u64::try_from(state.env.action_delay().as_millis()).unwrap_or(u64::MAX) })
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
            "/sandbox/settings",
            "/sandbox/webhooks",
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
