//! A client of the service.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tillgate_model::Topic;
use url::Url;

use crate::failure::Failure;

const JSON_API: &str = "application/vnd.api+json";
const TIMEOUT: Duration = Duration::from_secs(30);

/// URL of the service, and the caller's credentials.
pub struct Credentials {
    /// Origin of the service.
    pub url: Url,
    /// Client id of an integration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// A created webhook.
pub struct Webhook {
    pub id: String,
    /// Secret that its calls are signed with.
    pub shared_secret: SecretString,
}

/// A client of the service.
pub struct Client {
    http: reqwest::Client,
    credentials: Credentials,
}

impl Client {
    /// A client with these credentials.
    ///
    /// # Errors
    /// The platform's certificates can't be loaded.
    pub fn new(credentials: Credentials) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Failure::Start(format!("cannot set up HTTP: {error}")))?;
        Ok(Self { http, credentials })
    }

    /// Origin of the service.
    pub fn url(&self) -> &Url {
        &self.credentials.url
    }

    /// Creates a webhook.
    ///
    /// # Errors
    /// The service does not answer, or refuses.
    pub async fn create_webhook(
        &self,
        token: &SecretString,
        topic: Topic,
        callback_url: &str,
    ) -> Result<Webhook, Failure> {
        let attributes = json!({"name": "tillgate listen", "topic": topic, "callback_url": callback_url});
        let body = json!({"data": {"type": "webhooks", "attributes": attributes}});
        let created = self
            .call(Method::POST, "/api/webhooks", token, Some(&body))
            .await?
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Webhook {
            id: text(&created["data"]["id"]),
            shared_secret: text(&created["data"]["attributes"]["shared_secret"]).into(),
        })
    }

    /// Removes webhooks. Those that are gone already are no error.
    ///
    /// # Errors
    /// The service does not answer, or refuses.
    pub async fn remove_webhooks(&self, ids: &[String]) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let token = self.token().await?;
        for id in ids {
            self.call(Method::DELETE, &format!("/api/webhooks/{id}"), &token, None)
                .await?;
        }
        Ok(())
    }

    /// A new access token. An old one may have expired when the process is told to end.
    ///
    /// # Errors
    /// The service does not answer, or refuses.
    pub async fn token(&self) -> Result<SecretString, Failure> {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret.expose_secret()
        });
        let request = self
            .http
            .post(self.at("/oauth/token")?)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = answer(request).await?.unwrap_or_default();
        Ok(answer["access_token"].as_str().unwrap_or_default().into())
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: &SecretString,
        body: Option<&Value>,
    ) -> Result<Option<Value>, Failure> {
        let mut request = self
            .http
            .request(method, self.at(path)?)
            .header(header::ACCEPT, JSON_API)
            .bearer_auth(token.expose_secret());
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, JSON_API)
                .body(body.to_string());
        }
        answer(request).await
    }

    fn at(&self, path: &str) -> Result<Url, Failure> {
        let base = self.credentials.url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|error| Failure::Usage(format!("url: {error}")))
    }
}

/// The document of a successful answer; `None` for 404.
async fn answer(request: reqwest::RequestBuilder) -> Result<Option<Value>, Failure> {
    let no_answer = |error: reqwest::Error| Failure::Start(format!("the service does not answer: {error}"));
    let answer = request.send().await.map_err(no_answer)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(no_answer)?;
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(Some(document));
    }
    let detail = document["errors"][0]["detail"]
        .as_str()
        .or(document["error_description"].as_str())
        .unwrap_or_default();
    Err(Failure::Start(format!("the service refuses: {status}. {detail}")))
}
