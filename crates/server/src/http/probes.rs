//! Liveness and readiness.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use tillgate_model::{Dialect, Problem, problem::Kind};

use super::{errors, negotiation::MediaType, state::Worker};

/// The health of the service.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Always `ok`; an unhealthy service gives another answer, or none.
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Retrieve whether the process lives
///
/// Answers as long as the process does.
#[utoipa::path(
    get, path = "/healthz", operation_id = "retrieve_health", tag = "Operation",
    responses((status = 200, description = "It lives.", body = Health))
)]
pub async fn health() -> HttpResponse {
    HttpResponse::Ok().json(OK)
}

/// Retrieve whether the service can work
///
/// Answers with success if the database answers and accepts changes.
#[utoipa::path(
    get, path = "/readyz", operation_id = "retrieve_readiness", tag = "Operation",
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "The database does not answer, or accepts no changes."),
    )
)]
pub async fn readiness(worker: Data<Worker>) -> HttpResponse {
    match worker.service.context().db.check().await {
        Ok(()) => HttpResponse::Ok().json(OK),
        Err(error) => {
            tracing::debug!(%error, "not ready");
            let problem = Problem::new(
                Kind::ServiceUnavailable,
                "The database does not answer, or accepts no changes.",
            );
            errors::response(&problem.into(), Dialect::CommerceLayer, MediaType::default())
        }
    }
}
