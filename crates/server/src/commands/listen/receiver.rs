//! The receiver: verifies, prints and forwards the events.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::StatusCode,
    web::{self, Bytes, Data, PayloadConfig},
};
use chrono::Utc;
use secrecy::SecretString;
use serde_json::Value;
use tillgate_model::Topic;
use url::Url;

use super::{super::print, signature};
use crate::failure::Failure;

/// A payload with all of its includes is far smaller.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// The service waits five seconds.
const FORWARD_TIMEOUT: Duration = Duration::from_millis(4500);
/// Headers that a receiver needs.
const HEADERS: [&str; 6] = [
    "content-type",
    "x-commercelayer-topic",
    "x-commercelayer-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

/// Receives the calls of webhooks.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    /// The signing secret of each topic's calls.
    secrets: RwLock<HashMap<Topic, SecretString>>,
    forward: Option<Url>,
    http: reqwest::Client,
}

impl Receiver {
    /// A receiver that forwards events to a URL, if one is given.
    ///
    /// # Errors
    /// The platform's certificates can't be loaded.
    pub fn new(forward: Option<Url>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(FORWARD_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::Start(format!("cannot set up HTTP: {error}")))?;
        Ok(Self(Arc::new(Inner {
            secrets: RwLock::default(),
            forward,
            http,
        })))
    }

    /// Sets the signing secret of a topic's calls.
    pub fn expect(&self, topic: Topic, secret: SecretString) {
        let mut secrets = self.0.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.insert(topic, secret);
    }

    fn secret(&self, topic: Topic) -> Option<SecretString> {
        let secrets = self.0.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.get(&topic).cloned()
    }

    /// A server for the calls; it runs when it is awaited.
    ///
    /// # Errors
    /// The socket can't be served.
    pub fn serve(&self, listener: TcpListener) -> Result<Server, Failure> {
        let receiver = self.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(receiver.clone()))
                .app_data(PayloadConfig::new(MAX_BODY_BYTES))
                .route("/{topic}", web::post().to(receive))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .map_err(|error| Failure::Start(format!("cannot serve: {error}")))?;
        Ok(server.run())
    }

    /// Forwards a call. Answers the status, if there is a URL.
    async fn forward(
        &self,
        request: &HttpRequest,
        body: Bytes,
    ) -> Option<Result<StatusCode, reqwest::Error>> {
        let mut forwarded = self.0.http.post(self.0.forward.clone()?).body(body);
        for name in HEADERS {
            if let Some(value) = request.headers().get(name) {
                forwarded = forwarded.header(name, value.as_bytes());
            }
        }
        let answer = forwarded.send().await;
        Some(
            answer.map(|answer| {
                StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY)
            }),
        )
    }
}

async fn receive(
    receiver: Data<Receiver>,
    topic: web::Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let Ok(topic) = topic.parse::<Topic>() else {
        return HttpResponse::NotFound().finish();
    };
    // The answer to the webhook's creation has not arrived yet: the call will be repeated.
    let Some(secret) = receiver.secret(topic) else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let verified = signature::verify(&secret, topic, &header, &body, Utc::now());
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let part = |name: &str| document["data"][name].as_str().unwrap_or("?").to_owned();
    let line = format!(
        "{}  {topic}  {}/{}  {}",
        Utc::now().format("%H:%M:%S%.3f"),
        part("type"),
        part("id"),
        verified.as_ref().err().map_or("verified", |why| why)
    );
    if verified.is_err() {
        return told(&line, StatusCode::BAD_REQUEST);
    }
    match receiver.forward(&request, body).await {
        None => told(&line, StatusCode::OK),
        Some(Ok(status)) => told(&format!("{line}  -> {}", status.as_u16()), status),
        Some(Err(error)) => told(
            &format!("{line}  -> {}", error.without_url()),
            StatusCode::BAD_GATEWAY,
        ),
    }
}

/// If nobody reads the output, the events are refused.
fn told(line: &str, status: StatusCode) -> HttpResponse {
    match print(line) {
        Ok(()) => HttpResponse::new(status),
        Err(_) => HttpResponse::new(StatusCode::GONE),
    }
}
