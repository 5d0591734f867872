//! The PSPs: a sandbox that is never killed, and what an operator asks of it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::books::Entry;
use super::process::{Process, free_address};

/// Secret key at Checkout.com; any well-formed key is an account's.
pub const CHECKOUT_COM_KEY: &str = "sk_sbox_shopaaaaaaaaaaaaaaaaaaaaaaa";
/// How long captures, voids and refunds at Checkout.com take, in milliseconds.
const ACTION_DELAY_MS: u64 = 200;

/// A running sandbox.
pub struct Sandbox {
    http: reqwest::Client,
    origin: String,
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
        let mut sandbox = Self {
            http: reqwest::Client::new(),
            origin: format!("http://{address}"),
            _process: Process::start(tillgate, &["sandbox"], &variables, &log)?,
        };
        let (http, url) = (sandbox.http.clone(), format!("{}/sandbox/clock", sandbox.origin));
        let answers = async || http.get(&url).send().await.is_ok();
        sandbox
            ._process
            .wait_until(answers)
            .await
            .context("the sandbox")?;
        Ok(sandbox)
    }

    /// Origin of both PSPs' APIs.
    pub fn url(&self) -> &str {
        &self.origin
    }

    /// From now on answers are slow, lost and refused now and then, and so are webhooks.
    pub async fn make_trouble(&self) -> Result<()> {
        // The first one that strikes counts.
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
            self.call(Method::POST, "/sandbox/faults", Some(fault)).await?;
        }
        let settings = json!({ "action_delay_ms": ACTION_DELAY_MS });
        self.call(Method::POST, "/sandbox/settings", Some(&settings))
            .await?;
        Ok(())
    }

    /// Everything works again.
    pub async fn end_trouble(&self) -> Result<()> {
        self.call(Method::DELETE, "/sandbox/faults", None).await?;
        let settings = json!({ "action_delay_ms": 0 });
        self.call(Method::POST, "/sandbox/settings", Some(&settings))
            .await?;
        Ok(())
    }

    /// Every money effect that the PSPs booked.
    pub async fn ledger(&self) -> Result<Vec<Entry>> {
        let ledger = self.call(Method::GET, "/sandbox/ledger", None).await?;
        serde_json::from_slice(&ledger).context("the sandbox's ledger")
    }

    /// Has Checkout.com send its events to a gateway, the way a merchant does it.
    pub async fn register_workflow(&self, url: &str, signing_key: &str) -> Result<()> {
        let action = json!({
            "type": "webhook", "url": url, "signature": { "method": "HMACSHA256", "key": signing_key }
        });
        let workflow = json!({ "name": "Shop", "active": true, "conditions": [], "actions": [action] });
        self.call(Method::POST, "/workflows", Some(&workflow)).await?;
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Vec<u8>> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.origin))
            .bearer_auth(CHECKOUT_COM_KEY);
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        ensure!(
            status.is_success(),
            "the sandbox's {method} {path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body.into())
    }
}
