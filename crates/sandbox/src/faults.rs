//! Faults on an operator's request: slow, lost and failing answers, and later failures.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::env::Env;
use crate::ledger::Vendor;
use crate::web;

/// Maximum number of faults at once.
const MAX_FAULTS: usize = 100;
/// Longest delay of an answer, which holds a connection.
const MAX_ANSWER_DELAY_MS: u64 = 120_000;
/// Longest delay of anything else: a week.
const MAX_DELAY_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Kind of a fault.
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
    /// A webhook is delivered twice, the second time `delay_ms` later (default: at once).
    WebhookDuplicate,
    /// A webhook is held back for a random time of up to `delay_ms`, so that later ones overtake it.
    WebhookReorder,
    /// A webhook is sent `delay_ms` late.
    WebhookDelay,
    /// A copy with a wrong signature is sent ahead of the webhook, and never repeated.
    WebhookForge,
    /// A webhook is never sent.
    WebhookLose,
    /// A refund fails `delay_ms` later. At Stripe it has succeeded before; at Checkout.com it was accepted and is then declined.
    RefundFails,
    /// A capture that Checkout.com accepted is then declined.
    CaptureDeclined,
}

/// The subject of a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Request,
    Webhook,
    Refund,
    Capture,
}

impl FaultKind {
    fn subject(self) -> Subject {
        match self {
            Self::Delay | Self::DropBefore | Self::DropAfter | Self::Error => Subject::Request,
            Self::WebhookDuplicate
            | Self::WebhookReorder
            | Self::WebhookDelay
            | Self::WebhookForge
            | Self::WebhookLose => Subject::Webhook,
            Self::RefundFails => Subject::Refund,
            Self::CaptureDeclined => Subject::Capture,
        }
    }

    fn takes_delay(self) -> bool {
        matches!(
            self,
            Self::Delay
                | Self::WebhookDuplicate
                | Self::WebhookReorder
                | Self::WebhookDelay
                | Self::RefundFails
        )
    }

    fn default_delay_ms(self) -> u64 {
        match self {
            Self::WebhookDuplicate => 0,
            Self::RefundFails => 2000,
            _ => 1000,
        }
    }
}

/// A fault and its conditions. Absent conditions match everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only this vendor.
    pub vendor: Option<Vendor>,
    /// Only requests with this method.
    pub method: Option<String>,
    /// Only requests whose path starts so.
    pub path_prefix: Option<String>,
    /// Only webhooks of this type.
    pub event_type: Option<String>,
    /// Kind of the fault.
    pub fault: FaultKind,
    /// Status of an `error`, 400 to 599. Default 500.
    pub status: Option<u16>,
    /// Milliseconds of a delay: at most two minutes for an answer, at most a week for others.
    pub delay_ms: Option<u64>,
    /// Number of occasions after which it is used up. Default: until deleted.
    pub times: Option<u32>,
    /// Probability of hitting an occasion, above 0 and up to 1. Default 1.
    pub rate: Option<f64>,
}

/// An occasion that a fault can hit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occasion<'a> {
    Request(Vendor, &'a Request<Bytes>),
    /// A webhook of this type is about to be queued.
    Webhook(Vendor, &'a str),
    Refund(Vendor),
    Capture(Vendor),
}

impl Occasion<'_> {
    fn vendor_and_subject(&self) -> (Vendor, Subject) {
        match self {
            Self::Request(vendor, _) => (*vendor, Subject::Request),
            Self::Webhook(vendor, _) => (*vendor, Subject::Webhook),
            Self::Refund(vendor) => (*vendor, Subject::Refund),
            Self::Capture(vendor) => (*vendor, Subject::Capture),
        }
    }
}

impl Fault {
    /// A fault that hits every occasion of its kind. The caller may add conditions.
    #[must_use]
    pub fn new(fault: FaultKind) -> Self {
        Self {
            vendor: None,
            method: None,
            path_prefix: None,
            event_type: None,
            fault,
            status: None,
            delay_ms: None,
            times: None,
            rate: None,
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        let subject = self.fault.subject();
        if self.status.is_some() && self.fault != FaultKind::Error {
            return Err("status is for the fault error alone");
        }
        if self.status.is_some_and(|status| !(400..600).contains(&status)) {
            return Err("status must be between 400 and 599");
        }
        if self.delay_ms.is_some() && !self.fault.takes_delay() {
            return Err("this fault takes no delay_ms");
        }
        let longest = if subject == Subject::Request {
            MAX_ANSWER_DELAY_MS
        } else {
            MAX_DELAY_MS
        };
        if self.delay_ms.is_some_and(|delay| delay > longest) {
            return Err("delay_ms is too long: at most two minutes for an answer, a week for others");
        }
        if self.times == Some(0) {
            return Err("times must be at least 1");
        }
        if self.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1.0)) {
            return Err("rate must be above 0 and at most 1");
        }
        if subject != Subject::Request && (self.method.is_some() || self.path_prefix.is_some()) {
            return Err("method and path_prefix are for faults of requests");
        }
        let method = self.method.as_ref();
        if method.is_some_and(|method| Method::from_bytes(method.as_bytes()).is_err()) {
            return Err("method must be an HTTP method");
        }
        if self
            .path_prefix
            .as_ref()
            .is_some_and(|prefix| !prefix.starts_with('/'))
        {
            return Err("path_prefix must start with a slash");
        }
        if subject != Subject::Webhook && self.event_type.is_some() {
            return Err("event_type is for faults of webhooks");
        }
        if subject == Subject::Capture && self.vendor == Some(Vendor::Stripe) {
            return Err("Stripe's captures are done before they are answered: they can't be declined later");
        }
        Ok(())
    }

    fn matches(&self, occasion: &Occasion<'_>) -> bool {
        let (vendor, subject) = occasion.vendor_and_subject();
        let conditions = match occasion {
            Occasion::Request(_, request) => {
                self.method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(request.method().as_str()))
                    && self
                        .path_prefix
                        .as_ref()
                        .is_none_or(|wanted| request.uri().path().starts_with(wanted))
            }
            Occasion::Webhook(_, kind) => self.event_type.as_ref().is_none_or(|wanted| wanted == kind),
            Occasion::Refund(_) | Occasion::Capture(_) => true,
        };
        self.fault.subject() == subject && self.vendor.is_none_or(|wanted| wanted == vendor) && conditions
    }

    /// The fault's delay.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(self.fault.default_delay_ms()))
    }
}

/// The active faults, in the order of their requests.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault, or returns its mistake.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), &'static str> {
        fault.check()?;
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

    /// The first fault that hits the occasion; counts it. Faults that always hit draw no random number.
    pub(crate) fn take(&mut self, occasion: &Occasion<'_>, rng: &mut ChaCha12Rng) -> Option<Fault> {
        let index = self.0.iter().position(|fault| {
            fault.matches(occasion) && fault.rate.is_none_or(|rate| rng.random_bool(rate))
        })?;
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn what_a_fault_can_t_mean_is_refused() {
        let read = |value: Value| serde_json::from_value::<Fault>(value).map_err(|error| error.to_string());
        for wrong in [
            json!({ "fault": "delay", "status": 500 }),
            json!({ "fault": "error", "status": 200 }),
            json!({ "fault": "error", "delay_ms": 5 }),
            json!({ "fault": "delay", "delay_ms": 120_001 }),
            json!({ "fault": "webhook_delay", "delay_ms": 604_800_001 }),
            json!({ "fault": "error", "times": 0 }),
            json!({ "fault": "error", "rate": 0 }),
            json!({ "fault": "error", "rate": 1.1 }),
            json!({ "fault": "error", "path_prefix": "v1" }),
            json!({ "fault": "error", "method": "G T" }),
            json!({ "fault": "error", "event_type": "payment_captured" }),
            json!({ "fault": "webhook_lose", "method": "POST" }),
            json!({ "fault": "refund_fails", "path_prefix": "/v1" }),
            json!({ "fault": "capture_declined", "vendor": "stripe" }),
        ] {
            let mut faults = Faults::default();
            assert!(faults.add(read(wrong.clone()).unwrap()).is_err(), "{wrong}");
            assert!(faults.list().is_empty());
        }
        for malformed in [
            json!({ "fault": "fire" }),
            json!({ "fault": "error", "odds": 1 }),
            json!({}),
        ] {
            assert!(read(malformed.clone()).is_err(), "{malformed}");
        }
    }

    #[test]
    fn a_rate_hits_about_that_often_and_the_same_ones_for_the_same_seed() {
        let hits = |seed| {
            let mut faults = Faults::default();
            let fault = Fault {
                rate: Some(0.25),
                ..Fault::new(FaultKind::RefundFails)
            };
            faults.add(fault).unwrap();
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let occasion = Occasion::Refund(Vendor::Stripe);
            (0..1000)
                .map(|_| faults.take(&occasion, &mut rng).is_some())
                .collect::<Vec<_>>()
        };
        let count = hits(1).into_iter().filter(|hit| *hit).count();
        assert!((200..300).contains(&count), "{count}");
        assert_eq!(hits(1), hits(1));
        assert_ne!(hits(1), hits(2));
    }

    #[test]
    fn a_fault_hits_its_own_kind_of_occasion_as_often_as_it_may() {
        let mut faults = Faults::default();
        let lose = Fault {
            event_type: Some("payment_captured".to_owned()),
            times: Some(1),
            ..Fault::new(FaultKind::WebhookLose)
        };
        faults.add(lose).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut hits = |occasion: Occasion<'_>| faults.take(&occasion, &mut rng).is_some();
        assert!(!hits(Occasion::Refund(Vendor::CheckoutCom)));
        assert!(!hits(Occasion::Webhook(Vendor::CheckoutCom, "payment_approved")));
        assert!(hits(Occasion::Webhook(Vendor::CheckoutCom, "payment_captured")));
        assert!(!hits(Occasion::Webhook(Vendor::CheckoutCom, "payment_captured")));
    }
}
