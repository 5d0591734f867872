//! Delivers the webhooks of a served sandbox over HTTP.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use reqwest::{Client, redirect};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::handler::Sandbox;
use crate::webhooks::{WebhookAnswer, WebhookDelivery};

/// Maximum number of deliveries in progress.
const CONCURRENT: usize = 16;
/// Time that a subscriber has to answer (Checkout.com docs: acknowledge within ten seconds).
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest sleep: the clock may be advanced from outside, and the sandbox may end.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// Sends single webhooks to their subscribers.
#[derive(Clone)]
pub struct WebhookSender(Client);

impl WebhookSender {
    /// Sets up the HTTP client.
    ///
    /// # Errors
    /// The HTTP client can't be made.
    pub fn new() -> io::Result<Self> {
        Client::builder()
            .timeout(PATIENCE)
            // A redirect is not an acknowledgement, and vendors don't follow it.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map(Self)
            .map_err(io::Error::other)
    }

    /// Sends a webhook once. Returns its id with the result, for [`Sandbox::webhook_answered`].
    pub async fn deliver(self, delivery: WebhookDelivery) -> (String, WebhookAnswer) {
        let request = self
            .0
            .post(&delivery.url)
            .headers(delivery.headers)
            .body(delivery.body);
        let answer = match request.send().await {
            Ok(response) => WebhookAnswer::Status(response.status()),
            Err(error) => {
                tracing::debug!(event = delivery.event_id, error = %error.without_url(), "a webhook was not delivered");
                WebhookAnswer::None
            }
        };
        (delivery.id, answer)
    }
}

/// Sends due webhooks for as long as the sandbox lives.
pub(crate) struct Deliverer {
    sandbox: Weak<Sandbox>,
    webhook_sender: WebhookSender,
    wake: Arc<Notify>,
}

impl Deliverer {
    pub(crate) fn new(sandbox: &Arc<Sandbox>) -> io::Result<Self> {
        Ok(Self {
            sandbox: Arc::downgrade(sandbox),
            webhook_sender: WebhookSender::new()?,
            wake: Arc::new(Notify::new()),
        })
    }

    /// The notifier for webhooks that may have become due.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    pub(crate) async fn run(self) {
        let mut under_way = JoinSet::new();
        loop {
            let Some(sandbox) = self.sandbox.upgrade() else {
                return;
            };
            for delivery in sandbox.due_webhooks(CONCURRENT.saturating_sub(under_way.len())) {
                under_way.spawn(self.webhook_sender.clone().deliver(delivery));
            }
            let sleep = sleep_until_due(&sandbox, under_way.len());
            // The sandbox must be able to end during this task's sleep.
            drop(sandbox);
            tokio::select! {
                Some(ended) = under_way.join_next() => match ended {
                    Ok((id, answer)) => {
                        if let Some(sandbox) = self.sandbox.upgrade() {
                            sandbox.webhook_answered(&id, answer);
                        }
                    }
                    Err(error) => tracing::error!(%error, "the delivery of a webhook panicked"),
                },
                // Checked again after a notification or the sleep.
                _ = timeout(sleep, self.wake.notified()) => {}
            }
        }
    }
}

fn sleep_until_due(sandbox: &Sandbox, under_way: usize) -> Duration {
    if under_way >= CONCURRENT {
        return LONGEST_SLEEP;
    }
    let wait = sandbox.next_due().map(|due| due - sandbox.now());
    let wait = wait.map_or(LONGEST_SLEEP, |wait| wait.to_std().unwrap_or_default());
    wait.min(LONGEST_SLEEP)
}
