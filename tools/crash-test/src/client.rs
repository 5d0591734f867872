//! A client as the documentation asks for: each change has an idempotency key, and is repeated until it is answered.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tillgate_testkit::{Create, Created, JSON_API, bodies};
use tokio::time::sleep;

use super::witness::Witness;
use tillgate_toolbox::interrupt::Interrupt;

/// Pause between two attempts to reach a service that is down.
const RECONNECT: Duration = Duration::from_millis(30);
/// Pause between two attempts while the answer is undecided.
const AGAIN: Duration = Duration::from_millis(200);
/// Time limit for every request, whatever is killed.
const PATIENCE: Duration = Duration::from_secs(600);

/// The state that all clients share.
pub struct Clients {
    service: tillgate_testkit::Client,
    token: RefCell<SecretString>,
    interrupt: Interrupt,
    /// Their recorded answers.
    pub witness: RefCell<Witness>,
    /// Whether no new order is begun.
    pub closing: Cell<bool>,
}

impl Clients {
    /// Clients of the service at `origin`, without a token so far.
    pub fn new(origin: &str, interrupt: Interrupt) -> Result<Self> {
        Ok(Self {
            service: tillgate_testkit::Client::new(origin)?,
            token: RefCell::new(SecretString::default()),
            interrupt,
            witness: RefCell::default(),
            closing: Cell::new(false),
        })
    }

    /// Fetches the token that all use.
    pub async fn authorize(&self, client_id: &str, client_secret: &str) -> Result<()> {
        self.token
            .replace(self.service.token(client_id, client_secret).await?);
        Ok(())
    }

    /// Fails after Ctrl-C.
    pub fn go_on(&self) -> Result<()> {
        ensure!(!self.interrupt.is_set(), "interrupted");
        Ok(())
    }

    /// Whether the service answers requests.
    pub async fn is_ready(&self) -> bool {
        self.service.is_ready().await
    }
}

/// A final answer.
#[derive(Debug)]
pub struct Reply {
    /// 2xx, or the status of a refusal.
    pub status: u16,
    /// The document; null for an answer without one.
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

    /// The state that it shares with the others.
    pub fn shared(&self) -> &'a Clients {
        self.shared
    }

    /// Creates a resource. Its reference is the idempotency key.
    pub async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Reply> {
        let key = self.next_key();
        let mut attributes = attributes;
        attributes["reference"] = key.as_str().into();
        let document = bodies::resource(kind, attributes, relationships);
        let path = format!("/api/{kind}");
        self.decided(Method::POST, &path, Some((&key, &document))).await
    }

    /// Charges an order at once, through `/api/v1`.
    pub async fn charge(&self, order: &str, token: &str) -> Result<Reply> {
        let document = bodies::payment(order, token);
        let key = self.next_key();
        self.decided(Method::POST, "/api/v1/payments", Some((&key, &document)))
            .await
    }

    /// Changes a resource, or sends one of its triggers.
    pub async fn change(&self, kind: &str, id: &str, attributes: Value) -> Result<Reply> {
        let document = bodies::change(kind, id, attributes);
        let key = self.next_key();
        self.decided(
            Method::PATCH,
            &format!("/api/{kind}/{id}"),
            Some((&key, &document)),
        )
        .await
    }

    /// Reads a resource or a list.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.decided(Method::GET, path, None).await
    }

    fn next_key(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("{}-{}", self.name, self.count.get())
    }

    /// Sends the same request until the answer is final.
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

    /// Sends a request once. Returns the answer, and whether it is final.
    async fn attempt(
        &self,
        method: Method,
        path: &str,
        change: Option<(&str, &Value)>,
    ) -> Result<(Reply, bool)> {
        let shared = self.shared;
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", shared.token.borrow().expose_secret());
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&bearer)?);
        headers.insert(ACCEPT, HeaderValue::from_static(JSON_API));
        let mut body = String::new();
        if let Some((key, document)) = change {
            headers.insert("Idempotency-Key", HeaderValue::from_str(key)?);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_API));
            body = document.to_string();
        }
        let answer = shared.service.send(method, path, headers, body).await?;
        let asks_for_patience = answer.headers.contains_key(RETRY_AFTER);
        let (status, body) = (answer.status, answer.document()?);
        Ok((Reply { status, body }, asks_for_patience))
    }
}

impl Create for Client<'_> {
    async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Result<Created> {
        let mut reply = Client::create(self, kind, attributes, relationships).await?;
        let id = reply.id().map(str::to_owned).filter(|_| reply.status == 201);
        Ok(Created {
            id: id.with_context(|| format!("{kind} can't be created: {} {}", reply.status, reply.body))?,
            attributes: reply.body["data"]["attributes"].take(),
        })
    }
}

/// Whether a later answer to the same request may differ.
fn is_undecided(reply: &Reply) -> bool {
    let mut errors = reply.body["errors"].as_array().into_iter().flatten();
    matches!(reply.status, 409 | 429 | 500..)
        || errors.any(|error| error["meta"]["error"] == "payment_pending")
}
