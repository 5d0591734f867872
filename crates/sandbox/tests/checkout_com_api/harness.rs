//! A sandbox, a clock, and a client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tillgate_sandbox::{ManualClock, Sandbox, SandboxConfig};

pub const SECRET_KEY: &str = "sk_sbox_aaaaaaaaaaaaaaaaaaaaaaaaaa=";
pub const LIVE_SECRET_KEY: &str = "sk_aaaaaaaaaaaaaaaaaaaaaaaaaa=";
pub const PUBLIC_KEY: &str = "pk_sbox_aaaaaaaaaaaaaaaaaaaaaaaaaa=";
pub const PUBLIC_URL: &str = "http://psp.example";

/// The documented token: approved Visa without a challenge.
pub const VISA: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
pub const INSUFFICIENT_FUNDS: &str = "tok_sandboxinsufficientfunds22";
pub const CHALLENGE: &str = "tok_sandboxchallenge2222222222";
pub const CHALLENGE_REJECTED: &str = "tok_sandboxchallengerejected22";
pub const FRICTIONLESS: &str = "tok_sandboxfrictionless2222222";

pub struct Harness {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// Null without a JSON body.
    pub json: Value,
}

impl Harness {
    pub fn new() -> Self {
        Self::with_delay(Duration::ZERO)
    }

    pub fn with_delay(action_delay: Duration) -> Self {
        Self::with_config(
            SandboxConfig {
                action_delay,
                ..config()
            },
            ManualClock::new(start()),
        )
    }

    pub fn with_config(config: SandboxConfig, clock: ManualClock) -> Self {
        let sandbox = Sandbox::with_clock(config, Arc::new(clock.clone())).unwrap();
        Self { sandbox, clock }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn send(&self, request: &Request<Bytes>) -> Reply {
        let (parts, body) = self.sandbox.handle(request).into_answer().unwrap().into_parts();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
            json,
        }
    }

    pub fn call(
        &self,
        method: Method,
        path: &str,
        key: &str,
        idempotency_key: Option<&str>,
        body: &Value,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json");
        if let Some(idempotency_key) = idempotency_key {
            request = request.header("Cko-Idempotency-Key", idempotency_key);
        }
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        self.send(&request.body(body).unwrap())
    }

    pub fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, SECRET_KEY, None, &Value::Null)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::POST, path, SECRET_KEY, None, body)
    }

    /// A payment that must be authorized, without an automatic capture.
    pub fn authorize(&self, amount: u64) -> String {
        let reply = self.post(
            "/payments",
            &with(payment(VISA, amount), json!({ "capture": false })),
        );
        assert_eq!(
            (reply.status, &reply.json["status"]),
            (StatusCode::CREATED, &json!("Authorized"))
        );
        reply.json["id"].as_str().unwrap().to_owned()
    }

    pub fn status(&self, payment: &str) -> String {
        self.get(&format!("/payments/{payment}")).json["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// `total_authorized voided captured refunded`, then `available_to_void capture refund`.
    pub fn balances(&self, payment: &str) -> [u64; 7] {
        let balances = self.get(&format!("/payments/{payment}")).json["balances"].clone();
        [
            "total_authorized",
            "total_voided",
            "total_captured",
            "total_refunded",
            "available_to_void",
            "available_to_capture",
            "available_to_refund",
        ]
        .map(|name| balances[name].as_u64().unwrap())
    }

    /// A request of a buyer's browser: no key, a form body.
    pub fn browse(&self, method: Method, url: &str, form: &'static str) -> Reply {
        let path = url.strip_prefix(PUBLIC_URL).unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(&request.body(Bytes::from_static(form.as_bytes())).unwrap())
    }
}

impl Reply {
    pub fn error_codes(&self) -> Vec<&str> {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text);
        self.json["error_codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap())
            .collect()
    }

    pub fn assert_empty(&self, status: StatusCode) {
        assert_eq!((self.status, self.text.as_str()), (status, ""));
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers["location"].to_str().unwrap()
    }
}

pub fn config() -> SandboxConfig {
    SandboxConfig {
        public_url: Some(PUBLIC_URL.to_owned()),
        seed: Some(7),
        ..SandboxConfig::default()
    }
}

pub fn start() -> DateTime<Utc> {
    "2030-01-01T10:00:00Z".parse().unwrap()
}

/// A payment request for a token, in US dollars.
pub fn payment(token: &str, amount: u64) -> Value {
    json!({ "source": { "type": "token", "token": token }, "amount": amount, "currency": "USD" })
}

/// `base` with the members of `more` set.
pub fn with(mut base: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("members are an object")
    };
    base.as_object_mut().unwrap().extend(more);
    base
}

/// A card in the form of `POST /tokens`.
pub fn card(number: &str) -> Value {
    json!({ "type": "card", "number": number, "expiry_month": 6, "expiry_year": 2031, "cvv": "100", "name": "A B" })
}
