//! The endpoints of an ephemeral service below `/ephemeral`, and the middleware around its requests.

mod turn;
mod watch;

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    http::Method,
    web::{self, Data, Payload},
};
use serde::Deserialize;
use serde_json::json;
use tillgate_model::{Dialect, Problem, Problems, problem::Kind};

pub use turn::take_turn;
pub use watch::watch;

use super::{body, errors, negotiation::MediaType, routes::resource, state::Worker};
use crate::{ephemeral::Ephemeral, failure::Failure};

/// A request to advance the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

/// The routes.
pub fn resources() -> [Resource; 4] {
    let post = |path, route| resource(path, vec![(Method::POST, route)]);
    let get = |path, route| resource(path, vec![(Method::GET, route)]);
    [
        get("/ephemeral", web::route().to(retrieve)),
        post("/ephemeral/reset", web::route().to(reset)),
        post("/ephemeral/clock", web::route().to(advance_clock)),
        get("/ephemeral/violations", web::route().to(list_violations)),
    ]
}

fn ephemeral(worker: &Worker) -> Result<&Ephemeral, HttpResponse> {
    worker
        .shared
        .ephemeral
        .as_deref()
        .ok_or_else(|| errors::route_not_found("/ephemeral"))
}

/// Retrieves the seed, the time, and the ids of the fixtures by name.
async fn retrieve(worker: Data<Worker>) -> HttpResponse {
    match ephemeral(&worker) {
        Ok(ephemeral) => HttpResponse::Ok().json(json!({
            "now": worker.service.context().now(),
            "seed": ephemeral.seeded.as_ref().map(|seeded| seeded.seed()),
            "strict": ephemeral.strict.is_some(),
            "fixtures": ephemeral.names,
        })),
        Err(response) => response,
    }
}

/// Returns to the state of the start, after all requests have finished.
async fn reset(worker: Data<Worker>) -> HttpResponse {
    let ephemeral = match ephemeral(&worker) {
        Ok(ephemeral) => ephemeral,
        Err(response) => return response,
    };
    let _alone = ephemeral.turns.alone().await;
    worker.shared.limits.forget();
    let gone_back = ephemeral.go_back(&worker.service);
    let reloaded = worker.shared.revocations.reload(worker.service.context()).await;
    match gone_back.and(reloaded.map_err(Failure::from)) {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(failure) => {
            tracing::error!(%failure, "the service could not be reset");
            errors::internal("/ephemeral/reset")
        }
    }
}

/// Advances the clock, for the service and the PSPs. Only a service with a seed has its own clock.
async fn advance_clock(worker: Data<Worker>, request: HttpRequest, mut payload: Payload) -> HttpResponse {
    let ephemeral = match ephemeral(&worker) {
        Ok(ephemeral) => ephemeral,
        Err(response) => return response,
    };
    let Some(seeded) = &ephemeral.seeded else {
        return errors::route_not_found("/ephemeral/clock");
    };
    let sent = body::read(request.headers(), &mut payload)
        .await
        .and_then(|body| {
            serde_json::from_slice::<Advance>(&body).map_err(|error| {
                Problem::new(Kind::InvalidDataFormat, format!("Not such a request: {error}."))
            })
        });
    match sent {
        Ok(Advance { advance_seconds }) => {
            let _alone = ephemeral.turns.alone().await;
            seeded.advance(advance_seconds);
            HttpResponse::Ok().json(json!({"now": worker.service.context().now()}))
        }
        Err(problem) => {
            body::discard(&mut payload).await;
            errors::response(&Problems::from(problem), Dialect::CommerceLayer, MediaType::Json)
        }
    }
}

/// Lists the requests that did not conform so far.
async fn list_violations(worker: Data<Worker>) -> HttpResponse {
    match ephemeral(&worker).map(|ephemeral| &ephemeral.strict) {
        Ok(Some(strict)) => HttpResponse::Ok().json(strict.report()),
        Ok(None) => errors::route_not_found("/ephemeral/violations"),
        Err(response) => response,
    }
}
