//! A caller of the Stripe side, in process.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use serde_json::Value;
use tillgate_sandbox::{ManualClock, Outcome, Sandbox, SandboxConfig};

pub const SECRET: &str = "sk_test_0123456789";
pub const PUBLISHABLE: &str = "pk_test_0123456789";

pub struct Shop {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Shop {
    pub fn open() -> Self {
        Self::with(SandboxConfig {
            seed: Some(7),
            ..SandboxConfig::default()
        })
    }

    pub fn persistent(directory: &Path) -> Self {
        Self::with(SandboxConfig {
            seed: Some(7),
            data_dir: Some(directory.to_owned()),
            ..SandboxConfig::default()
        })
    }

    fn with(config: SandboxConfig) -> Self {
        let start: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let clock = ManualClock::new(start);
        let sandbox = Sandbox::with_clock(config, Arc::new(clock.clone())).unwrap();
        Self { sandbox, clock }
    }

    pub fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        match self.sandbox.handle(&request) {
            Outcome::Answer(response) => response,
            other => panic!("unexpected outcome {other:?}"),
        }
    }

    pub fn call(&self, method: &str, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            request = request.header("Authorization", format!("Bearer {SECRET}"));
        }
        if method == "POST" {
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.send(request.body(Bytes::from(form.to_owned())).unwrap());
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
        }
    }

    pub fn post(&self, path: &str, form: &str) -> Answer {
        self.call("POST", path, form, &[])
    }

    pub fn post_keyed(&self, path: &str, form: &str, key: &str) -> Answer {
        self.call("POST", path, form, &[("Idempotency-Key", key)])
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "", &[])
    }

    pub fn browser(&self, method: &str, path: &str, form: &str) -> Answer {
        self.call(
            method,
            path,
            form,
            &[("Authorization", &format!("Bearer {PUBLISHABLE}"))],
        )
    }

    /// Creates and confirms a card payment.
    pub fn pay(&self, method: &str, more: &str) -> Answer {
        let form = format!(
            "amount=2000&currency=eur&confirm=true&payment_method_types[]=card&payment_method={method}&{more}"
        );
        self.post("/v1/payment_intents", &form)
    }

    /// Money effects as `(kind, amount)`.
    pub fn ledger(&self) -> Vec<(String, i64)> {
        let kind = |kind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
        self.sandbox
            .ledger()
            .iter()
            .map(|entry| (kind(entry.kind), entry.amount))
            .collect()
    }
}

impl Answer {
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The error of a refused request.
    #[track_caller]
    pub fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body["error"].clone()
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().expect("the answer has an id").to_owned()
    }
}

pub fn id(value: &Value) -> &str {
    value["id"].as_str().expect("the object has an id")
}
