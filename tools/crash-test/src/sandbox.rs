//! The PSPs: a sandbox that is never killed, and its operator's routes.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;
use tillgate_testkit::{Client, Process, free_address};

use super::books::Entry;

/// Delay of captures, voids and refunds at Checkout.com, in milliseconds.
const ACTION_DELAY_MS: u64 = 200;

/// A running sandbox.
pub struct Sandbox {
    sandbox: tillgate_testkit::Sandbox,
    _process: Process,
}

impl Sandbox {
    /// Starts it with a journal in the directory.
    pub async fn start(tillgate: &Path, directory: &Path) -> Result<Self> {
        let address = free_address()?.to_string();
        let data = directory.join("sandbox-data");
        let data = data.to_str().context("the directory's name is not UTF-8")?;
        let variables = [
            ("TILLGATE_DATA_DIR", data),
            ("TILLGATE_SANDBOX_LISTEN", address.as_str()),
        ];
        let log = directory.join("sandbox.log");
        let sandbox = tillgate_testkit::Sandbox::new(Client::new(&format!("http://{address}"))?);
        let mut process = tillgate_testkit::start(tillgate, &["sandbox"], &variables, &log)?;
        process
            .wait_until(async || sandbox.is_ready().await)
            .await
            .context("the sandbox")?;
        Ok(Self {
            sandbox,
            _process: process,
        })
    }

    /// Origin of both PSPs' APIs.
    pub fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// From now on answers are sometimes slow, lost or refused, and so are webhooks.
    pub async fn make_trouble(&self) -> Result<()> {
        // The first fault that hits counts.
        let faults = [
            json!({ "fault": "drop_before", "rate": 0.02 }),
            json!({ "fault": "drop_after", "rate": 0.04 }),
            json!({ "fault": "error", "status": 500, "rate": 0.03 }),
            json!({ "fault": "error", "status": 429, "rate": 0.03 }),
            json!({ "fault": "error", "status": 409, "rate": 0.02 }),
            json!({ "fault": "delay", "delay_ms": 20, "rate": 0.3 }),
            json!({ "fault": "delay", "delay_ms": 60, "rate": 0.4 }),
            json!({ "fault": "delay", "delay_ms": 150, "rate": 0.4 }),
            json!({ "fault": "webhook_lose", "rate": 0.1 }),
            json!({ "fault": "webhook_duplicate", "delay_ms": 50, "rate": 0.1 }),
            json!({ "fault": "webhook_forge", "rate": 0.03 }),
            json!({ "fault": "webhook_reorder", "delay_ms": 500, "rate": 0.2 }),
            json!({ "fault": "webhook_delay", "delay_ms": 400, "rate": 0.2 }),
        ];
        for fault in &faults {
            self.sandbox.fault(fault).await?;
        }
        self.sandbox.set_action_delay(ACTION_DELAY_MS).await
    }

    /// Ends all faults.
    pub async fn end_trouble(&self) -> Result<()> {
        self.sandbox.clear_faults().await?;
        self.sandbox.set_action_delay(0).await
    }

    /// The ledger of the PSPs.
    pub async fn ledger(&self) -> Result<Vec<Entry>> {
        self.sandbox.list("ledger").await
    }

    /// Sends Checkout.com's events to a gateway, set up like a merchant does it.
    pub async fn register_workflow(&self, secret_key: &str, url: &str, signing_key: &str) -> Result<()> {
        let action = json!({
            "type": "webhook", "url": url, "signature": { "method": "HMACSHA256", "key": signing_key }
        });
        let workflow = json!({ "name": "Shop", "active": true, "conditions": [], "actions": [action] });
        let reply = self
            .sandbox
            .call("POST", "/workflows", secret_key, Some(&workflow))
            .await?;
        reply.success("POST /workflows").map(drop)
    }
}
