//! The PSPs' side of a gateway's webhook endpoint, with a signing secret that the test knows.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Answer, Api, Sandbox, bodies};

/// The endpoint of a gateway.
#[derive(Clone)]
pub struct Endpoint {
    api: Api,
    gateway_type: &'static str,
    gateway_id: String,
    /// URL for events.
    pub url: String,
    /// Their signing secret.
    secret: String,
}

impl Endpoint {
    /// The endpoint of a gateway, which gets the signing secret.
    pub async fn of(api: &Api, gateway_type: &'static str, gateway_id: &str, secret: &str) -> Self {
        let mut endpoint = Self {
            api: api.clone(),
            gateway_type,
            gateway_id: gateway_id.to_owned(),
            url: String::new(),
            secret: String::new(),
        };
        endpoint.url = endpoint.rotate(secret).await;
        secret.clone_into(&mut endpoint.secret);
        endpoint
    }

    /// Gives the gateway another signing secret. Returns the endpoint's URL. This end keeps its own secret.
    pub async fn rotate(&self, secret: &str) -> String {
        let attributes = json!({ "webhook_endpoint_secret": secret });
        let body = bodies::change(self.gateway_type, &self.gateway_id, attributes);
        let path = format!("/api/{}/{}", self.gateway_type, self.gateway_id);
        let answer = self.api.patch(&path, &body).await.expect(200);
        let url = answer.attribute("webhook_endpoint_url").as_str();
        url.unwrap_or_else(|| panic!("no URL: {answer:?}")).to_owned()
    }

    /// An endpoint whose events are signed with another secret.
    #[must_use]
    pub fn signing_with(&self, secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
            ..self.clone()
        }
    }

    /// An endpoint whose events are sent to another URL.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// Subscribes to all events of the sandbox's Checkout.com.
    pub async fn subscribe(&self, sandbox: &Sandbox, secret_key: &str) {
        let signature = json!({ "method": "HMACSHA256", "key": self.secret });
        let action = json!({ "type": "webhook", "url": self.url, "signature": signature });
        let workflow = json!({ "name": "shop", "actions": [action] });
        let (status, answer) = sandbox
            .call("POST", "/workflows", secret_key, Some(&workflow))
            .await;
        assert_eq!(status, 201, "{answer:#}");
    }

    /// Sends an event with the PSP's signature.
    pub async fn send(&self, event: &Value) -> Answer {
        self.send_as_of(event, now()).await
    }

    /// Sends an event, signed at a time in seconds since 1970; Checkout.com's signatures have none.
    pub async fn send_as_of(&self, event: &Value, time: u64) -> Answer {
        self.send_text(&event.to_string(), time).await
    }

    /// Sends any text, signed like an event.
    pub async fn send_text(&self, body: &str, time: u64) -> Answer {
        let (name, signature) = if self.gateway_type == "stripe_gateways" {
            let digest = self.digest(&format!("{time}.{body}"));
            ("Stripe-Signature", format!("t={time},v1={digest}"))
        } else {
            ("Cko-Signature", self.digest(body))
        };
        let anonymous = self.api.call("POST", &self.url).without_header("Authorization");
        let call = anonymous.body("application/json; charset=utf-8", body.to_owned());
        call.header(name, &signature).send().await
    }

    fn digest(&self, message: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes());
        let mut mac = mac.unwrap_or_else(|error| panic!("no key: {error}"));
        mac.update(message.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
