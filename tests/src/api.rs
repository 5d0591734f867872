//! A client of the service.

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tillgate_testkit::Client;
pub use tillgate_testkit::{JSON, JSON_API};

use crate::answer::Answer;
use crate::contract::{Contract, Observed};

/// Sends requests as one caller. Each answer is checked against the document before the test sees it.
#[derive(Clone)]
pub struct Api {
    client: Client,
    contract: Arc<Contract>,
    token: Option<String>,
}

impl Api {
    pub(crate) fn new(client: Client, contract: Arc<Contract>) -> Self {
        Self {
            client,
            contract,
            token: None,
        }
    }

    /// A client with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// GET. `path` may be an absolute link of the service.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    /// POST of a JSON:API document.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send().await
    }

    /// PATCH with a JSON:API document.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path).json(body).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path).send().await
    }

    /// A request under construction; `Accept` is JSON:API's media type until it is set.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static(JSON_API));
        let call = Call {
            api: self.clone(),
            method: method.to_owned(),
            path: path.strip_prefix(self.client.origin()).unwrap_or(path).to_owned(),
            headers,
            body: Vec::new(),
            declared: true,
        };
        match &self.token {
            Some(token) => call.header("Authorization", &format!("Bearer {token}")),
            None => call,
        }
    }
}

/// A request.
#[derive(Clone)]
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    api: Api,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    declared: bool,
}

impl Call {
    /// Sets a header, replacing an earlier value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let value = value.parse().unwrap_or_else(|error| panic!("{value:?}: {error}"));
        self.headers.insert(name, value);
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// A JSON:API document as the body.
    pub fn json(self, body: &Value) -> Self {
        self.json_as(JSON_API, body)
    }

    /// A JSON body under another media type.
    pub fn json_as(self, media_type: &str, body: &Value) -> Self {
        self.body(media_type, body.to_string())
    }

    /// Any body.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", media_type)
    }

    /// Declares that the document lacks the path or method: the answer must be an error that says so.
    pub fn undeclared(self) -> Self {
        Self {
            declared: false,
            ..self
        }
    }

    /// Sends the request and checks the answer against the document. Panics if it breaks it.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Sends the request while the service may be killed: `Err` without an answer.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let Self {
            api,
            method,
            path,
            headers,
            body,
            declared,
        } = self;
        let verb = method.parse().unwrap_or_else(|error| panic!("{method}: {error}"));
        let reply = api.client.send(verb, &path, headers, body).await?;
        let (status, headers, bytes) = (reply.status, reply.headers, reply.bytes);
        let observed = Observed {
            method: &method,
            path: documented(&path),
            status,
            content_type: headers.get("content-type").and_then(|value| value.to_str().ok()),
            body: &bytes,
        };
        // A request for a part of the attributes gets documents that lack the others.
        let is_partial = status < 300 && (path.contains("fields[") || path.contains("fields%5B"));
        let kept = if is_partial {
            Ok(())
        } else if declared {
            api.contract.check(&observed)
        } else {
            api.contract.check_undeclared(&observed)
        };
        if let Err(error) = kept {
            panic!("{error:?}\nbody: {}", String::from_utf8_lossy(&bytes));
        }
        assert!(
            headers.contains_key("x-request-id"),
            "{method} {path} answered {status} without X-Request-Id"
        );
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer {
            request: format!("{method} {path}"),
            status,
            headers,
            body,
            bytes: bytes.to_vec(),
        })
    }
}

/// The path without its query, and without the slash that some clients put at its end.
fn documented(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_suffix('/').unwrap_or(path)
}
