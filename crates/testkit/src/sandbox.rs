//! The operator's routes of the PSP sandbox: faults, settings, the clock and the ledger.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::client::{Client, Reply};

/// A service's embedded sandbox, or a separate one.
#[derive(Clone)]
pub struct Sandbox(Client);

impl Sandbox {
    /// The sandbox of the client's server.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Origin of both PSPs' APIs.
    pub fn url(&self) -> &str {
        self.0.origin()
    }

    /// The HTTP client.
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Whether it answers.
    pub async fn is_ready(&self) -> bool {
        let reply = self.0.send_json("GET", "/sandbox/instruments", None, None).await;
        reply.is_ok_and(|reply| reply.status == 200)
    }

    /// Calls a PSP's API with a merchant's secret key.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        secret_key: &str,
        body: Option<&Value>,
    ) -> Result<Reply> {
        self.0.send_json(method, path, Some(secret_key), body).await
    }

    /// Adds a fault: `{vendor?, method?, path_prefix?, fault, status?, delay_ms?, times?, rate?}`.
    ///
    /// # Errors
    /// The sandbox doesn't answer, or refuses it.
    pub async fn fault(&self, fault: &Value) -> Result<()> {
        self.operate("POST", "faults", Some(fault)).await.map(drop)
    }

    /// Ends all faults.
    ///
    /// # Errors
    /// The sandbox doesn't answer, or refuses it.
    pub async fn clear_faults(&self) -> Result<()> {
        self.operate("DELETE", "faults", None).await.map(drop)
    }

    /// Sets the time from Checkout.com's 202 to the action's effect.
    ///
    /// # Errors
    /// The sandbox doesn't answer, or refuses it.
    pub async fn set_action_delay(&self, milliseconds: u64) -> Result<()> {
        let settings = json!({ "action_delay_ms": milliseconds });
        self.operate("POST", "settings", Some(&settings)).await.map(drop)
    }

    /// Advances the PSPs' clock: `{seconds, only_psps?}`.
    ///
    /// # Errors
    /// The sandbox doesn't answer, or refuses it.
    pub async fn advance(&self, advance: &Value) -> Result<()> {
        self.operate("POST", "clock/advance", Some(advance))
            .await
            .map(drop)
    }

    /// A list of the sandbox: `faults`, `ledger`, `webhooks`, …
    ///
    /// # Errors
    /// The sandbox doesn't answer, or the entries have another form.
    pub async fn list<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>> {
        let reply = self.operate("GET", name, None).await?;
        serde_json::from_slice(&reply.bytes).with_context(|| format!("/sandbox/{name}"))
    }

    async fn operate(&self, method: &str, name: &str, body: Option<&Value>) -> Result<Reply> {
        let path = format!("/sandbox/{name}");
        let reply = self.0.send_json(method, &path, None, body).await;
        reply
            .context("the sandbox doesn't answer")?
            .success(&format!("the sandbox's {method} {path}"))
    }
}
