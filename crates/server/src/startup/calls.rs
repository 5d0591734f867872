//! Sends merchant events: changes become events, and their deliveries are sent to the webhooks.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tillgate_payments::Service;
use tokio::{sync::watch, task::JoinSet};

use crate::http::Shared;

/// Time between two checks for changes and due deliveries. It is short, because a check is cheap. So a commit, here or by another
/// instance, need not notify this loop.
const INTERVAL: Duration = Duration::from_millis(100);
/// Changes that become events together.
const CHANGES: i64 = 64;
/// Calls of one webhook at once: one that does not answer only delays its own calls.
const OF_WEBHOOK: usize = 32;
/// Calls of all webhooks at once.
const OF_ALL: usize = 2048;
/// Time after the first finished call in which others count as finished together: the next claim is a commit.
const TOGETHER: Duration = Duration::from_millis(2);

/// Works until told to stop, and finishes work in progress.
pub async fn run(service: &Service, shared: &Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut calls = Calls::default();
    loop {
        let turn = shared.turn().await;
        let changes = service.publish_once(CHANGES).await;
        calls.begin(service, shared).await;
        drop(turn);
        let pause = if i64::try_from(changes) == Ok(CHANGES) {
            Duration::ZERO
        } else {
            INTERVAL
        };
        tokio::select! {
            // Fails if the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop) => break,
            true = calls.end_one() => {
                tokio::time::sleep(TOGETHER).await;
                calls.end_finished();
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
    while calls.end_one().await {}
}

/// The calls in progress. Each has a task of its own, so that none waits for another.
#[derive(Default)]
struct Calls {
    under_way: JoinSet<()>,
    /// The webhook of each task.
    webhooks: HashMap<tokio::task::Id, String>,
    /// The number of calls in progress for each webhook.
    of_webhook: HashMap<String, usize>,
}

impl Calls {
    async fn begin(&mut self, service: &Service, shared: &Arc<Shared>) {
        if self.under_way.len() >= OF_ALL {
            return;
        }
        let of_webhook = &self.of_webhook;
        let free =
            |webhook: &str| OF_WEBHOOK.saturating_sub(of_webhook.get(webhook).copied().unwrap_or_default());
        for delivery in service.take_deliveries(&free).await {
            let webhook = delivery.webhook_id().to_owned();
            *self.of_webhook.entry(webhook.clone()).or_default() += 1;
            let (service, shared) = (service.clone(), Arc::clone(shared));
            let task = self.under_way.spawn_local(async move {
                if let Some(sent) = service.send_delivery(delivery).await {
                    // Not earlier: the receiver may call this service, and then waits for a turn.
                    let _turn = shared.turn().await;
                    service.record_delivery(sent).await;
                }
            });
            self.webhooks.insert(task.id(), webhook);
        }
    }

    /// Waits for the end of a call; false if there is none.
    async fn end_one(&mut self) -> bool {
        let ended = self.under_way.join_next_with_id().await;
        self.note(ended)
    }

    /// Records the calls that have ended.
    fn end_finished(&mut self) {
        loop {
            let ended = self.under_way.try_join_next_with_id();
            if !self.note(ended) {
                return;
            }
        }
    }

    fn note(&mut self, ended: Option<Result<(tokio::task::Id, ()), tokio::task::JoinError>>) -> bool {
        let id = match ended {
            None => return false,
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                // The delivery stays claimed, and is due again later.
                tracing::error!(%error, "a call of a webhook panicked");
                error.id()
            }
        };
        if let Some(webhook) = self.webhooks.remove(&id)
            && let Some(calls) = self.of_webhook.get_mut(&webhook)
        {
            *calls -= 1;
            if *calls == 0 {
                self.of_webhook.remove(&webhook);
            }
        }
        true
    }
}
