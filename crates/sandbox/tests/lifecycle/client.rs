//! One sandbox with a clock that stands still, and callers of both vendors.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tillgate_sandbox::{
    Fault, LedgerKind, ManualClock, Sandbox, SandboxConfig, WebhookAnswer, WebhookDelivery,
};

pub const STRIPE_KEY: &str = "sk_test_0123456789";
pub const CHECKOUT_COM_KEY: &str = "sk_sbox_aaaaaaaaaaaaaaaaaaaaaaaaaa=";
pub const SIGNATURE_KEY: &str = "a signature key";
pub const ACKNOWLEDGED: WebhookAnswer = WebhookAnswer::Status(StatusCode::OK);

/// Checkout.com's tokens.
pub const VISA: &str = "tok_4gzeau5o2uqubbk6fufs3m7p54";
pub const CHALLENGE: &str = "tok_sandboxchallenge2222222222";
pub const INSUFFICIENT_FUNDS: &str = "tok_sandboxinsufficientfunds22";

pub struct Client {
    pub sandbox: Arc<Sandbox>,
    pub clock: ManualClock,
    /// Requests to Stripe so far: each has a key of its own.
    requests: Cell<u32>,
}

impl Client {
    pub fn new() -> Self {
        Self::with_seed(7)
    }

    pub fn with_seed(seed: u64) -> Self {
        Self::open(seed, None)
    }

    pub fn persistent(directory: &Path) -> Self {
        Self::open(7, Some(directory))
    }

    fn open(seed: u64, data_dir: Option<&Path>) -> Self {
        let start: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let clock = ManualClock::new(start);
        let config = SandboxConfig {
            public_url: Some("http://psp.example".to_owned()),
            data_dir: data_dir.map(Path::to_owned),
            seed: Some(seed),
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::with_clock(config, Arc::new(clock.clone())).unwrap();
        Self {
            sandbox: Arc::new(sandbox),
            clock,
            requests: Cell::new(0),
        }
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn send(&self, request: Request<Bytes>) -> (u16, Value) {
        let answer = self.sandbox.handle(&request).into_answer().unwrap();
        let body = serde_json::from_slice(answer.body()).unwrap_or_default();
        (answer.status().as_u16(), body)
    }

    pub fn stripe(&self, method: &str, path: &str, form: &str) -> (u16, Value) {
        let number = self.requests.get() + 1;
        self.requests.set(number);
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/{path}"))
            .header("Authorization", format!("Bearer {STRIPE_KEY}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Idempotency-Key", format!("key {number}"));
        self.send(request.body(Bytes::from(form.to_owned())).unwrap())
    }

    #[track_caller]
    pub fn stripe_ok(&self, method: &str, path: &str, form: &str) -> Value {
        let (status, body) = self.stripe(method, path, form);
        assert_eq!(status, 200, "{body}");
        body
    }

    pub fn checkout_com(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/{path}"))
            .header("Authorization", format!("Bearer {CHECKOUT_COM_KEY}"))
            .header("Content-Type", "application/json");
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        self.send(request.body(body).unwrap())
    }

    pub fn admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder().method(method).uri(format!("/sandbox/{path}"));
        self.send(request.body(Bytes::from(body.to_string())).unwrap())
    }

    /// Submits a form like a buyer's browser.
    pub fn submit(&self, url: &str, form: &'static str) -> String {
        let request = Request::post(url.strip_prefix("http://psp.example").unwrap())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let answer = self.sandbox.handle(&request).into_answer().unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Subscribes to all events of Stripe. Returns the endpoint, with its secret.
    pub fn stripe_endpoint(&self) -> Value {
        self.stripe_ok(
            "POST",
            "webhook_endpoints",
            "url=http://shop.example/stripe&enabled_events[]=*",
        )
    }

    /// Subscribes to all events of Checkout.com. Returns the workflow's id.
    pub fn workflow(&self) -> String {
        let action = json!({
            "type": "webhook", "url": "http://shop.example/checkout_com", "headers": { "Authorization": "shared" },
            "signature": { "method": "HMACSHA256", "key": SIGNATURE_KEY },
        });
        let (status, body) = self.checkout_com(
            "POST",
            "workflows",
            &json!({ "name": "all", "actions": [action] }),
        );
        assert_eq!(status, 201, "{body}");
        text(&body["id"])
    }

    /// A card payment in cents of a euro at Stripe, authorized or charged at once.
    pub fn stripe_payment(&self, method: &str, more: &str) -> (u16, Value) {
        let form = format!(
            "amount=2000&currency=eur&confirm=true&payment_method_types[]=card&payment_method={method}&{more}"
        );
        self.stripe("POST", "payment_intents", &form)
    }

    /// A payment at Checkout.com in cents of a US dollar; returns its id.
    pub fn checkout_com_payment(&self, token: &str, amount: u64, more: Value) -> String {
        let mut body = json!({
            "source": { "type": "token", "token": token }, "amount": amount, "currency": "USD", "reference": "R",
            "metadata": { "transaction_id": "t1" },
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let (status, body) = self.checkout_com("POST", "payments", &body);
        assert!(matches!(status, 201 | 202), "{body}");
        text(&body["id"])
    }

    /// Requests a capture, void or refund and returns the action's id.
    #[track_caller]
    pub fn act(&self, payment: &str, action: &str, body: Value) -> String {
        let (status, answer) = self.checkout_com("POST", &format!("payments/{payment}/{action}"), &body);
        assert_eq!(status, 202, "{answer}");
        text(&answer["action_id"])
    }

    pub fn status(&self, payment: &str) -> String {
        let (_, body) = self.checkout_com("GET", &format!("payments/{payment}"), &Value::Null);
        text(&body["status"])
    }

    /// Takes all due webhooks and acknowledges them.
    pub fn deliver(&self) -> Vec<WebhookDelivery> {
        let deliveries = self.sandbox.due_webhooks(1000);
        for delivery in &deliveries {
            self.sandbox.webhook_answered(&delivery.id, ACKNOWLEDGED);
        }
        deliveries
    }

    /// The types of all due webhooks, which are acknowledged.
    pub fn told(&self) -> Vec<String> {
        self.deliver()
            .into_iter()
            .map(|delivery| delivery.event_type)
            .collect()
    }

    #[track_caller]
    pub fn fault(&self, fault: Value) {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        self.sandbox.add_fault(fault).unwrap();
    }

    pub fn ledger(&self) -> Vec<(LedgerKind, i64)> {
        let entries = self.sandbox.ledger().into_iter();
        entries.map(|entry| (entry.kind, entry.amount)).collect()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn json_of(delivery: &WebhookDelivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

pub fn hmac(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Whether a delivery has the signature that its vendor documents.
pub fn is_signed(delivery: &WebhookDelivery, key: &str) -> bool {
    let body = std::str::from_utf8(&delivery.body).unwrap();
    if let Some(signature) = delivery.headers.get("cko-signature") {
        return signature.to_str().unwrap() == hmac(key, body);
    }
    let signature = delivery.headers["stripe-signature"].to_str().unwrap();
    let (time, digest) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    digest == hmac(key, &format!("{time}.{body}"))
}
