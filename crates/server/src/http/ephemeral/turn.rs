//! Gives requests turns: a reset finds none in progress, and with a seed they run one after the other.

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::http::state::Worker;

/// Seconds that a seeded clock advances with each request.
const SECONDS_PER_REQUEST: u32 = 1;

/// Gives a request its turn. With a seed the turn is exclusive: all consequences of earlier requests are complete, and the clock
/// has advanced.
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

/// Whether a path reads or changes the state of the service.
fn takes_turns(path: &str) -> bool {
    ["/api/", "/oauth/", "/webhook_callbacks/"]
        .iter()
        .any(|start| path.starts_with(start))
}
