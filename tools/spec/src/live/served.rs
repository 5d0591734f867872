//! Compares the served document with the generated one.

use reqwest::blocking::Client;
use serde_json::Value;
use tillgate_model::openapi::EXAMPLE_ORIGIN;

use super::Target;
use crate::json_diff::{Change, diff};

/// One line for each difference between `document` and `/openapi.json` of the service. Intended differences don't count: the
/// service's own URL, and ids of its demo in examples.
///
/// # Errors
/// The service has no document.
pub fn differences(document: &Value, target: &Target, client: &Client) -> anyhow::Result<Vec<String>> {
    let response = client
        .get(format!("{}/openapi.json", target.base_url))
        .send()?
        .error_for_status()?;
    let served: Value = serde_json::from_slice(&response.bytes()?)?;
    let changes = diff(&without_server(document), &without_server(&served));
    let unwanted = changes
        .iter()
        .filter(|change| !is_example_id(change, &target.example_ids));
    Ok(unwanted
        .map(|change| format!("/openapi.json: {change}"))
        .collect())
}

/// `document` without `servers`, and without the URL at the beginning of its links: the server's own, or that of examples in the
/// committed document.
fn without_server(document: &Value) -> Value {
    let url = document
        .pointer("/servers/0/url")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut without = document.clone();
    if let Some(members) = without.as_object_mut() {
        members.shift_remove("servers");
    }
    take_out(&mut without, EXAMPLE_ORIGIN);
    let url = url.trim_end_matches('/');
    if !url.is_empty() {
        take_out(&mut without, url);
    }
    without
}

fn take_out(value: &mut Value, text: &str) {
    match value {
        Value::String(string) => *string = string.replace(text, ""),
        Value::Array(items) => items.iter_mut().for_each(|item| take_out(item, text)),
        Value::Object(members) => members.values_mut().for_each(|member| take_out(member, text)),
        _ => {}
    }
}

fn is_example_id(change: &Change, ids: &[String]) -> bool {
    let Change::Changed { pointer, old, new } = change else {
        return false;
    };
    let example = pointer.split('/').any(|token| token.starts_with("example"));
    example && old.is_string() && new.as_str().is_some_and(|id| ids.iter().any(|known| known == id))
}
