//! A client as the documentation asks for: each change has an idempotency key, and is sent again until it is answered.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::witness::Witness;
use tillgate_toolbox::interrupt::Interrupt;

const MEDIA_TYPE: &str = "application/vnd.api+json";
/// Between two attempts to reach a service that is down.
const RECONNECT: Duration = Duration::from_millis(30);
/// Between two attempts while the answer is not decided.
const AGAIN: Duration = Duration::from_millis(200);
/// An answer takes no longer on a living connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Every request is answered at last within this, whatever is killed.
const PATIENCE: Duration = Duration::from_secs(600);

/// What all clients share.
pub struct Clients {
    http: reqwest::Client,
    origin: String,
    token: RefCell<SecretString>,
    interrupt: Interrupt,
    /// What they were told.
    pub witness: RefCell<Witness>,
    /// No new order is begun.
    pub closing: Cell<bool>,
}

impl Clients {
    /// Clients of the service at `origin`, so far without a token.
    pub fn new(origin: String, interrupt: Interrupt) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(ANSWER_LIMIT).build()?;
        Ok(Self {
            http,
            origin,
            token: RefCell::new(SecretString::default()),
            interrupt,
            witness: RefCell::default(),
            closing: Cell::new(false),
        })
    }

    /// Fetches the token that all use.
    pub async fn authorize(&self, client_id: &str, client_secret: &str) -> Result<()> {
        let credentials = json!({
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret
        });
        let request = self.http.post(format!("{}/oauth/token", self.origin));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = request.body(credentials.to_string()).send().await?;
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let token = body["access_token"].as_str().context("no access token")?;
        self.token.replace(token.to_owned().into());
        Ok(())
    }

    /// Fails once Ctrl-C was pressed.
    pub fn go_on(&self) -> Result<()> {
        ensure!(!self.interrupt.is_set(), "interrupted");
        Ok(())
    }

    /// Whether the service answers requests.
    pub async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/readyz", self.origin)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

/// An answer that decides.
#[derive(Debug)]
pub struct Reply {
    /// 2xx, or what is wrong with the request.
    pub status: u16,
    /// The document; null if there is none.
    pub body: Value,
}

impl Reply {
    /// Id of the one resource in a success.
    pub fn id(&self) -> Option<&str> {
        self.body["data"]["id"].as_str()
    }

    /// The resources of a list.
    pub fn list(&self) -> &[Value] {
        self.body["data"].as_array().map_or(&[], Vec::as_slice)
    }

    /// A text attribute of the one resource.
    pub fn text(&self, attribute: &str) -> &str {
        self.body["data"]["attributes"][attribute]
            .as_str()
            .unwrap_or_default()
    }
}

/// One client.
pub struct Client<'a> {
    shared: &'a Clients,
    name: String,
    count: Cell<usize>,
}

impl<'a> Client<'a> {
    /// `name` is part of all its keys.
    pub fn new(shared: &'a Clients, name: String) -> Self {
        Self {
            shared,
            name,
            count: Cell::new(0),
        }
    }

    /// What it shares with the others.
    pub fn shared(&self) -> &'a Clients {
        self.shared
    }

    /// Creates a resource. Its reference is the idempotency key.
    pub async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Reply> {
        let key = self.next_key();
        let mut attributes = attributes;
        attributes["reference"] = key.as_str().into();
        let document =
            json!({ "data": { "type": kind, "attributes": attributes, "relationships": relationships } });
        let path = format!("/api/{kind}");
        self.decided(Method::POST, &path, Some((&key, &document))).await
    }

    /// Charges an order at once, in the other dialect.
    pub async fn charge(&self, order: &str, token: &str) -> Result<Reply> {
        let order = json!({ "order": to_one("order", order) });
        let attributes = json!({ "stripe_token": token });
        let document =
            json!({ "data": { "type": "payments", "attributes": attributes, "relationships": order } });
        let key = self.next_key();
        self.decided(Method::POST, "/api/v1/payments", Some((&key, &document)))
            .await
    }

    /// Changes a resource, or pulls one of its triggers.
    pub async fn change(&self, kind: &str, id: &str, attributes: Value) -> Result<Reply> {
        let document = json!({ "data": { "type": kind, "id": id, "attributes": attributes } });
        let key = self.next_key();
        self.decided(
            Method::PATCH,
            &format!("/api/{kind}/{id}"),
            Some((&key, &document)),
        )
        .await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.decided(Method::GET, path, None).await
    }

    fn next_key(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("{}-{}", self.name, self.count.get())
    }

    /// Sends the same request until it is decided.
    async fn decided(&self, method: Method, path: &str, change: Option<(&str, &Value)>) -> Result<Reply> {
        let deadline = Instant::now() + PATIENCE;
        let named = match change {
            Some((key, document)) => format!("{method} {path} [{key}] {document}"),
            None => format!("{method} {path}"),
        };
        let mut last = String::new();
        loop {
            self.shared.go_on()?;
            ensure!(
                Instant::now() < deadline,
                "not decided within {PATIENCE:?}: {named}; last: {last}"
            );
            match self.attempt(method.clone(), path, change).await {
                Err(error) => {
                    self.shared.witness.borrow_mut().unanswered += 1;
                    last = format!("{error:#}");
                    sleep(RECONNECT).await;
                }
                Ok((reply, asks_for_patience)) => {
                    self.shared
                        .witness
                        .borrow_mut()
                        .hear(&named, reply.status, &reply.body);
                    if !asks_for_patience && !is_undecided(&reply) {
                        return Ok(reply);
                    }
                    last = format!("{} {}", reply.status, reply.body);
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// Sends a request once. The answer, and whether it says that it is not the last word.
    async fn attempt(
        &self,
        method: Method,
        path: &str,
        change: Option<(&str, &Value)>,
    ) -> Result<(Reply, bool)> {
        let shared = self.shared;
        let mut request = shared.http.request(method, format!("{}{path}", shared.origin));
        request = request
            .bearer_auth(shared.token.borrow().expose_secret())
            .header(header::ACCEPT, MEDIA_TYPE);
        if let Some((key, document)) = change {
            request = request
                .header("Idempotency-Key", key)
                .header(header::CONTENT_TYPE, MEDIA_TYPE);
            request = request.body(document.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let asks_for_patience = answer.headers().contains_key(header::RETRY_AFTER);
        let body = answer.bytes().await?;
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)?
        };
        Ok((Reply { status, body }, asks_for_patience))
    }
}

/// Linkage to one resource.
pub fn to_one(kind: &str, id: &str) -> Value {
    json!({ "data": { "type": kind, "id": id } })
}

/// Whether a later answer to the same request may be another one.
fn is_undecided(reply: &Reply) -> bool {
    let mut errors = reply.body["errors"].as_array().into_iter().flatten();
    matches!(reply.status, 409 | 429 | 500..)
        || errors.any(|error| error["meta"]["error"] == "payment_pending")
}
