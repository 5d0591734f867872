//! A line in the log for each request.

use std::{borrow::Cow, time::Duration};

use actix_web::{body::MessageBody, dev::ServiceResponse, http::Method};
use percent_encoding::percent_decode_str;

use super::client_address::ClientAddress;

/// Logs an answered request: failures of this service as an error, successful reads as debug, others as information. The query
/// string is left out, because buyers return with tokens in it.
pub fn write<B: MessageBody>(response: &ServiceResponse<B>, elapsed: Duration) {
    let request = response.request();
    let (method, status) = (request.method(), response.status().as_u16());
    // Fields are only made for lines that are logged: most reads are not.
    let path = || shown(request.path());
    let client = || ClientAddress::of(request).ip;
    let milliseconds = elapsed.as_micros() as f64 / 1000.0;
    if status >= 500 {
        tracing::error!(%method, path = &*path(), status, client = %client(), milliseconds, "answered");
    } else if status < 400 && matches!(*method, Method::GET | Method::HEAD) {
        tracing::debug!(%method, path = &*path(), status, client = %client(), milliseconds, "answered");
    } else {
        tracing::info!(%method, path = &*path(), status, client = %client(), milliseconds, "answered");
    }
}

/// The path for the log, without the token that ends the URL for a PSP's events.
fn shown(path: &str) -> Cow<'_, str> {
    const EVENTS: &str = "webhook_callbacks";
    // The router decodes the path before it compares.
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    match decoded.to_ascii_lowercase().find(EVENTS) {
        Some(start) => {
            let (known, rest) = decoded.split_at(start + EVENTS.len());
            // The gateway's type is no secret, as long as nothing else is in its place.
            let gateway_type = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
            match gateway_type {
                "stripe_gateways" | "checkout_com_gateways" => format!("{known}/{gateway_type}/…").into(),
                _ => format!("{known}/…").into(),
            }
        }
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_gateways_are_not_in_the_log() {
        for path in [
            "/webhook_callbacks/stripe_gateways/t0ken",
            "/webhook_callbacks/checkout_com_gateways/t0ken",
            "/webhook_callbacks/stripe_gateways/t0ken/",
            "/webhook_callbacks//stripe_gateways/t0ken",
            "/webhook_callbacks/t0ken",
            "/webhook%5Fcallbacks/stripe_gateways/t0ken",
            "/webhook_callbacks/stripe_gateways/x/t0ken",
            "/tills/webhook_callbacks/stripe_gateways/t0ken",
            "/Webhook_Callbacks/stripe_gateways/t0ken",
        ] {
            assert!(!shown(path).contains("t0ken"), "{}", shown(path));
        }
        for path in ["/api/orders/abcdefghij", "/", "/oauth/token"] {
            assert_eq!(shown(path), path);
        }
    }
}
