//! HTTP with a service.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};

/// JSON:API's media type.
pub const JSON_API: &str = "application/vnd.api+json";
/// JSON's media type.
pub const JSON: &str = "application/json";

/// Longer than an answer takes on an intact connection.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// Sends requests to one origin.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
}

impl Reply {
    /// The JSON document in the body; null if there is no body.
    ///
    /// # Errors
    /// The body is not JSON.
    pub fn document(&self) -> Result<Value> {
        if self.bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.bytes).context("the answer is not JSON")
    }

    /// Fails, with the body, unless the request succeeded.
    ///
    /// # Errors
    /// Another status than 2xx.
    pub fn success(self, request: &str) -> Result<Self> {
        ensure!(
            (200..300).contains(&self.status),
            "{request}: {} {}",
            self.status,
            String::from_utf8_lossy(&self.bytes)
        );
        Ok(self)
    }
}

impl Client {
    /// A client of the server at `origin`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(origin: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(ANSWER_LIMIT).build()?;
        Ok(Self::over(http, origin))
    }

    /// A client that shares the connections of another one.
    pub fn over(http: reqwest::Client, origin: &str) -> Self {
        Self {
            http,
            origin: origin.trim_end_matches('/').to_owned(),
        }
    }

    /// Origin of the server.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The HTTP client, for requests to other servers.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends a request.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: impl Into<reqwest::Body>,
    ) -> Result<Reply, reqwest::Error> {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        let answer = request.headers(headers).body(body).send().await?;
        Ok(Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: answer.bytes().await?,
        })
    }

    /// Sends a request with a JSON document, and with a token or a secret key.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send_json(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        document: Option<&Value>,
    ) -> Result<Reply> {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?);
        }
        if document.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        let body = document.map(Value::to_string).unwrap_or_default();
        Ok(self.send(method.parse()?, path, headers, body).await?)
    }

    /// Requests an access token of an application.
    ///
    /// # Errors
    /// The service doesn't answer, or gives no token.
    pub async fn token(&self, client_id: &str, client_secret: &str) -> Result<SecretString> {
        let credentials = json!({
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret
        });
        let path = "/oauth/token";
        let reply = self.send_json("POST", path, None, Some(&credentials)).await?;
        let answer = reply.success("POST /oauth/token")?.document()?;
        let token = answer["access_token"].as_str();
        Ok(token
            .context("the token answer has no access_token")?
            .to_owned()
            .into())
    }

    /// Whether the service is ready.
    pub async fn is_ready(&self) -> bool {
        let reply = self.send_json("GET", "/readyz", None, None).await;
        reply.is_ok_and(|reply| reply.status == 200)
    }
}
