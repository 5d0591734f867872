//! The call of the PSP.

use std::time::Duration;

use actix_web::web::Bytes;
use anyhow::Result;
use reqwest::Client;

/// Shorter than the time after which the sandbox closes an idle connection, which a request could run into.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Creates PaymentIntents like the service does; each worker has one, with its own connections.
pub struct Psp {
    client: Client,
    url: String,
}

impl Psp {
    /// `base_url` is the PSP's origin.
    pub fn new(base_url: &str) -> Result<Self> {
        Ok(Self {
            client: Client::builder().pool_idle_timeout(IDLE_TIMEOUT).build()?,
            url: format!("{base_url}/v1/payment_intents"),
        })
    }

    /// Creates an unconfirmed PaymentIntent, with the id as idempotency key.
    pub async fn create_intent(&self, id: &str) -> Result<Bytes> {
        let body = format!(
            "amount=1000&currency=eur&capture_method=manual&payment_method_types%5B%5D=card&metadata%5Btransaction_id%5D={id}"
        );
        let request = self
            .client
            .post(&self.url)
            .header("Authorization", "Bearer sk_test_floor0000")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Idempotency-Key", id)
            .body(body);
        Ok(request.send().await?.error_for_status()?.bytes().await?)
    }
}
