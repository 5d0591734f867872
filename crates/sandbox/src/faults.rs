//! Faults that an operator asks for: slow, lost and failing answers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::env::Env;
use crate::ledger::Vendor;
use crate::web;

/// At most this many faults wait at once.
const MAX_FAULTS: usize = 100;
/// A delay never holds a connection longer than this.
const MAX_DELAY: Duration = Duration::from_secs(120);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The effect happens at once, the answer arrives `delay_ms` later.
    Delay,
    /// The request is lost: no effect and no answer.
    DropBefore,
    /// The effect happens and is journaled, the answer is lost.
    DropAfter,
    /// No effect; the answer is an error of the vendor with `status`.
    Error,
}

/// A fault and the requests that it hits. Absent conditions match everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests to this vendor.
    pub vendor: Option<Vendor>,
    /// Only requests with this method.
    pub method: Option<String>,
    /// Only requests whose path starts so.
    pub path_prefix: Option<String>,
    /// What goes wrong.
    pub fault: FaultKind,
    /// Status of an `error`, 400 to 599. Default 500.
    pub status: Option<u16>,
    /// Milliseconds of a `delay`, at most two minutes. Default 1000.
    pub delay_ms: Option<u64>,
    /// How many requests it hits before it is used up. Default: until deleted.
    pub times: Option<u32>,
}

impl Fault {
    fn hits(&self, vendor: Vendor, request: &Request<Bytes>) -> bool {
        self.vendor.is_none_or(|wanted| wanted == vendor)
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(request.method().as_str()))
            && self
                .path_prefix
                .as_ref()
                .is_none_or(|wanted| request.uri().path().starts_with(wanted))
    }

    /// The wait of a `delay`.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(1000)).min(MAX_DELAY)
    }
}

/// The faults in force, in the order in which they were asked for.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault, or tells what is wrong with it.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), &'static str> {
        if fault.status.is_some_and(|status| !(400..600).contains(&status)) {
            return Err("status must be between 400 and 599");
        }
        if fault.times == Some(0) {
            return Err("times must be at least 1");
        }
        if self.0.len() >= MAX_FAULTS {
            return Err("too many faults are waiting: delete them first");
        }
        self.0.push(fault);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The first fault that hits the request; counts it.
    pub(crate) fn take(&mut self, vendor: Vendor, request: &Request<Bytes>) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.hits(vendor, request))?;
        let fault = self.0[index].clone();
        match &mut self.0[index].times {
            Some(1) => {
                self.0.remove(index);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}

/// An error answer of the vendor's edge: the request never reached the endpoint.
pub(crate) fn error_answer(env: &mut Env, vendor: Vendor, fault: &Fault) -> Response<Bytes> {
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (id_header, id_prefix, mut response) = match vendor {
        Vendor::Stripe => ("request-id", "req_", web::json(status, &stripe_error(status))),
        Vendor::CheckoutCom => ("cko-request-id", "", web::empty(status)),
    };
    let id = env.random_id(id_prefix, 24, b"0123456789abcdefghijklmnopqrstuvwxyz");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(id_header, id);
    }
    response
}

fn stripe_error(status: StatusCode) -> Value {
    let (kind, code) = match status {
        StatusCode::CONFLICT => ("idempotency_error", Some("idempotency_key_in_use")),
        StatusCode::TOO_MANY_REQUESTS => ("invalid_request_error", Some("rate_limit")),
        status if status.is_client_error() => ("invalid_request_error", None),
        _ => ("api_error", None),
    };
    let mut error = json!({ "message": "The sandbox was asked for this error.", "type": kind });
    if let Some(code) = code {
        error["code"] = code.into();
    }
    json!({ "error": error })
}
