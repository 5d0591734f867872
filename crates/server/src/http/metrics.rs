//! Metrics for Prometheus.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, body::MessageBody, dev::ServiceResponse, web::Data};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use super::state::Worker;

const REQUESTS: &str = "tillgate_http_requests_total";
const PURGED: &str = "tillgate_rows_purged_total";
const DURATION: &str = "tillgate_http_request_duration_seconds";

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Starts counting, once in a process.
///
/// # Errors
/// The process has another recorder already.
pub fn start() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .install_recorder()?;
    metrics::describe_counter!(REQUESTS, "Requests that were answered.");
    metrics::describe_counter!(
        tillgate_store::TRANSACTIONS_COMMITTED,
        "Transactions that the database has committed."
    );
    metrics::describe_counter!(
        PURGED,
        "Rows that were removed because they are kept for a time only."
    );
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Time to the answer of a request."
    );
    Ok(handle)
}

/// Counts an answer, by the template of its path: paths themselves are unbounded.
pub fn record<B: MessageBody>(response: &ServiceResponse<B>, elapsed: Duration) {
    let request = response.request();
    let path = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let method = method(request);
    metrics::histogram!(DURATION, "method" => method, "path" => path.clone()).record(elapsed);
    let status = response.status().as_u16().to_string();
    metrics::counter!(REQUESTS, "method" => method, "path" => path, "status" => status).increment(1);
}

/// Counts deleted or emptied rows of a table.
pub fn count_purged(table: &'static str, rows: usize) {
    metrics::counter!(PURGED, "table" => table).increment(rows as u64);
}

/// The known methods; a caller can invent others.
fn method(request: &HttpRequest) -> &'static str {
    ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == request.method().as_str())
        .unwrap_or("other")
}

/// Retrieve metrics
///
/// Metrics of the service, for Prometheus. If other machines reach the service, they are at an address of their own
/// (`--admin-listen`), and not here.
#[utoipa::path(
    get, path = "/metrics", operation_id = "retrieve_metrics", tag = "Operation",
    responses(
        (status = 200, description = "The numbers, in Prometheus's text format.", content_type = "text/plain", body = String),
        (status = 403, description = "The request does not come from the service's own machine."),
        (status = 404, description = "The numbers are at another address."),
    )
)]
pub async fn retrieve(worker: Data<Worker>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(worker.shared.metrics.render())
}
