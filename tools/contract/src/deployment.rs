//! A deployment of the API, over HTTP.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::Method;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Time limit for an answer; the deployment may wait for a PSP.
const PATIENCE: Duration = Duration::from_secs(60);

/// URL and token of the deployment.
pub struct Deployment {
    client: Client,
    origin: String,
    token: SecretString,
}

/// An answer.
#[derive(Debug, Default)]
pub struct Reply {
    pub status: u16,
    /// Media type without parameters.
    pub media_type: String,
    pub has_body: bool,
    /// The body, if it is JSON.
    pub body: Option<Value>,
}

impl Reply {
    /// Identifier of the resource in the answer.
    pub fn id(&self) -> Option<&str> {
        self.body.as_ref()?.pointer("/data/id")?.as_str()
    }

    /// The failure, in the deployment's words.
    pub fn detail(&self) -> String {
        let body = self.body.as_ref();
        let detail = body
            .and_then(|body| body.pointer("/errors/0/detail"))
            .and_then(Value::as_str);
        format!("{} {}", self.status, detail.unwrap_or_default())
            .trim_end()
            .to_owned()
    }
}

impl Deployment {
    /// A deployment at this URL.
    pub fn new(url: &str, token: &SecretString) -> anyhow::Result<Self> {
        Ok(Self {
            client: client()?,
            origin: url.trim_end_matches('/').to_owned(),
            token: token.clone(),
        })
    }

    /// Sends a request in one of the API's media types.
    ///
    /// # Errors
    /// There is no answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Reply> {
        let mut request = self
            .client
            .request(
                Method::from_bytes(method.as_bytes())?,
                format!("{}{path}", self.origin),
            )
            .bearer_auth(self.token.expose_secret())
            .header(ACCEPT, media_type);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, media_type).body(body.to_string());
        }
        let response = request.send().with_context(|| format!("{method} {path}"))?;
        read(response).with_context(|| format!("{method} {path}"))
    }

    /// The path of a link, if it leads to this deployment.
    pub fn path_of<'a>(&self, link: &'a str) -> Option<&'a str> {
        link.strip_prefix(&self.origin)
            .filter(|path| path.starts_with('/'))
    }
}

fn read(response: Response) -> anyhow::Result<Reply> {
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let bytes = response.bytes()?;
    Ok(Reply {
        status,
        media_type,
        has_body: !bytes.is_empty(),
        body: serde_json::from_slice(&bytes).ok(),
    })
}

/// Redirects are not followed: the next answer would be judged instead.
fn client() -> reqwest::Result<Client> {
    Client::builder()
        .timeout(PATIENCE)
        .redirect(Policy::none())
        .build()
}

/// An access token for the credentials of an application (RFC 6749, 4.4).
///
/// # Errors
/// There is no answer, or it has no token.
pub fn token(url: &str, id: &str, secret: &str) -> anyhow::Result<SecretString> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let reply = read(client()?.post(url).form(&form).send()?)?;
    let token = reply.body.as_ref().and_then(|body| body["access_token"].as_str());
    let token = token.with_context(|| format!("the answer has no access_token: {}", reply.status))?;
    Ok(SecretString::from(token.to_owned()))
}
