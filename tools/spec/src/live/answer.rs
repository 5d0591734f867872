//! A service's answer to a probe, compared with the document.

use std::collections::BTreeSet;

use anyhow::Context;
use reqwest::Method;
use reqwest::blocking::Client;
use reqwest::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::Target;
use super::plan::{Expected, Probe};
use openapi_document::JSON_API;

/// The parts of an answer that distinguish routes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub status: u16,
    /// The methods in Allow, if there is such a header; without HEAD and OPTIONS.
    pub allow: Option<BTreeSet<String>>,
    /// The first error's code in a JSON:API body.
    pub code: Option<String>,
}

/// Sends `probe`.
///
/// # Errors
/// No answer, or one without end.
pub fn observe(client: &Client, target: &Target, probe: &Probe) -> anyhow::Result<Answer> {
    let method = Method::from_bytes(probe.method.as_bytes())?;
    let mut request = client
        .request(method, format!("{}{}", target.base_url, probe.path))
        .bearer_auth(target.token.expose_secret())
        .header(ACCEPT, format!("{JSON_API}, application/json;q=0.9, */*;q=0.8"));
    if let Some(media_type) = &probe.content_type {
        request = request.header(CONTENT_TYPE, media_type).body("{}");
    }
    let response = request
        .send()
        .with_context(|| format!("{} {}", probe.method, probe.path))?;
    let status = response.status().as_u16();
    let allow = response
        .headers()
        .get(ALLOW)
        .and_then(|value| value.to_str().ok())
        .map(methods);
    let body: Value = serde_json::from_slice(&response.bytes()?).unwrap_or_default();
    let code = body
        .pointer("/errors/0/code")
        .and_then(Value::as_str)
        .map(str::to_owned);
    Ok(Answer { status, allow, code })
}

fn methods(allow: &str) -> BTreeSet<String> {
    allow
        .split(',')
        .map(str::trim)
        .filter(|name| !["HEAD", "OPTIONS", ""].contains(name))
        .map(str::to_owned)
        .collect()
}

/// A line if `answer` isn't the expected one of `probe`.
pub fn difference(probe: &Probe, answer: &Answer) -> Option<String> {
    let code = answer.code.as_deref().unwrap_or_default();
    // Too many requests and a broken server prove nothing about routes.
    let conclusive = answer.status != 429 && answer.status < 500;
    let expected = match &probe.expected {
        Expected::Handler if conclusive && has_handler(answer.status, code) => return None,
        Expected::Handler => "an answer of the operation".to_owned(),
        Expected::NotAllowed(declared) => {
            let mut allowed = declared.clone();
            allowed.retain(|method| !["HEAD", "OPTIONS"].contains(&method.as_str()));
            if answer.status == 405 && answer.allow.as_ref() == Some(&allowed) {
                return None;
            }
            format!("405 with Allow: {}", join(&allowed))
        }
        Expected::NoRoute => {
            let wanted = route_not_found(&probe.path);
            if answer.status == 404 && wanted.contains(&code) {
                return None;
            }
            format!("404 {}", wanted.join(" or "))
        }
    };
    let allow = answer
        .allow
        .as_ref()
        .map(|methods| format!(" with Allow: {}", join(methods)))
        .unwrap_or_default();
    let code = if code.is_empty() {
        String::new()
    } else {
        format!(" {code}")
    };
    Some(format!(
        "{} {}: expected {expected}, found {}{code}{allow}",
        probe.method, probe.path, answer.status
    ))
}

/// A missing record is an answer of the operation, a missing route isn't.
fn has_handler(status: u16, code: &str) -> bool {
    match status {
        404 => code.eq_ignore_ascii_case("RECORD_NOT_FOUND"),
        405 => false,
        _ => true,
    }
}

/// The code for a missing route under `path`; each dialect has its spelling, and outside of both either is accepted.
fn route_not_found(path: &str) -> &'static [&'static str] {
    let below = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if below("/api/v1") {
        &["route_not_found"]
    } else if below("/api") {
        &["ROUTE_NOT_FOUND"]
    } else {
        &["ROUTE_NOT_FOUND", "route_not_found"]
    }
}

fn join(methods: &BTreeSet<String>) -> String {
    methods.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
