//! Requests take turns, so that a reset finds nobody at work, and so that with a seed one follows the other.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::http::state::Worker;

/// How far the clock of a seed goes on with each request.
const SECONDS_PER_REQUEST: u32 = 1;

/// Gives a request its turn. With a seed it has it alone: what follows from the requests before it is done, and time has
/// passed.
pub async fn take_turn(
    worker: Data<Worker>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let ephemeral = match &worker.shared.ephemeral {
        Some(ephemeral) if takes_turns(request.path()) => ephemeral,
        _ => return next.call(request).await.map(ServiceResponse::map_into_boxed_body),
    };
    let answer = if let Some(seeded) = &ephemeral.seeded {
        let _alone = ephemeral.turns.alone().await;
        ephemeral.settle(&worker.service).await;
        worker.shared.read_revocations(worker.service.context()).await;
        seeded.advance(SECONDS_PER_REQUEST);
        next.call(request).await
    } else {
        let _turn = ephemeral.turns.beside_others().await;
        next.call(request).await
    };
    answer.map(ServiceResponse::map_into_boxed_body)
}

/// What reads or changes the state of the service.
fn takes_turns(path: &str) -> bool {
    ["/api/", "/oauth/", "/webhook_callbacks/"]
        .iter()
        .any(|start| path.starts_with(start))
}
