//! Checks that the running service answers what the document declares, and nothing else. It works over HTTP only and does not
//! read the registry that the routes are made from.

mod answer;
mod plan;
mod served;
mod service;
#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::Value;

/// URL and token of a running service.
pub struct Target {
    /// URL without a slash at the end, such as `http://127.0.0.1:8080`.
    pub base_url: String,
    /// An access token.
    pub token: SecretString,
    /// Ids in the examples of this service's document, where the generated file has invented ones.
    pub example_ids: Vec<String>,
}

/// Builds the service, starts it on free ports with an empty data directory, checks it and stops it.
///
/// # Errors
/// The service can't be built, started or stopped, or doesn't speak HTTP.
pub fn check_started(document: &Value) -> anyhow::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let service = runtime.block_on(service::Service::start())?;
    let lines = check(document, &runtime.block_on(service.target())?)?;
    runtime.block_on(service.stop())?;
    Ok(lines)
}

/// One line for each difference between `document` and the service at `target`. Stores nothing there.
///
/// # Errors
/// A request without an answer, or a document that isn't JSON.
pub fn check(document: &Value, target: &Target) -> anyhow::Result<Vec<String>> {
    let client = client()?;
    let mut lines = Vec::new();
    for probe in plan::probes(document)? {
        let answer = answer::observe(&client, target, &probe)?;
        lines.extend(answer::difference(&probe, &answer));
    }
    lines.extend(served::differences(document, target, &client)?);
    Ok(lines)
}

fn client() -> reqwest::Result<Client> {
    // A redirect is an answer of the route itself; following it would judge another one.
    Client::builder()
        .timeout(Duration::from_secs(30))
        .redirect(Policy::none())
        .no_proxy()
        .build()
}
