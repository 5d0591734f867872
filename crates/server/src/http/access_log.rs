//! A line in the log for each request.

use std::time::Duration;

use actix_web::{body::MessageBody, dev::ServiceResponse, http::Method};

use super::client_address::ClientAddress;

/// Logs a request that was answered: what failed on our side as an error, reads that succeeded for those who debug, the
/// rest as information. The query string is left out, because buyers come back with tokens in it.
pub fn write<B: MessageBody>(response: &ServiceResponse<B>, elapsed: Duration) {
    let request = response.request();
    let (method, path, status) = (request.method(), request.path(), response.status().as_u16());
    let client = ClientAddress::of(request).ip;
    let milliseconds = elapsed.as_micros() as f64 / 1000.0;
    if status >= 500 {
        tracing::error!(%method, path, status, %client, milliseconds, "answered");
    } else if status < 400 && matches!(*method, Method::GET | Method::HEAD) {
        tracing::debug!(%method, path, status, %client, milliseconds, "answered");
    } else {
        tracing::info!(%method, path, status, %client, milliseconds, "answered");
    }
}
