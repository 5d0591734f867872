//! Work between requests: unknown outcomes are resolved, provider events handled, merchant events sent, expired data deleted, and
//! memory freed.

use std::{sync::Arc, time::Duration};

use tillgate_payments::{Service, revocations};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};

use super::{calls, purge};
use crate::http::{REVOCATIONS, Shared};

/// Time between two checks for due work.
const INTERVAL: Duration = Duration::from_secs(5);
/// Events that are handled at once.
const EVENTS: usize = 16;
/// Number of free places before events are claimed: each claim is a commit.
const TAKEN_TOGETHER: usize = EVENTS / 2;

/// Works until told to stop, and finishes work in progress.
pub async fn run(service: Service, shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    futures::join!(
        hear(&service, &shared, stop.clone()),
        calls::run(&service, &shared, stop.clone()),
        purge::run(&service, &shared, stop.clone()),
        read_revocations(&service, &shared, stop.clone()),
        upkeep(&service, &shared, stop)
    );
}

/// Keeps the list of revoked tokens current.
async fn read_revocations(service: &Service, shared: &Shared, mut stop: watch::Receiver<bool>) {
    loop {
        let turn = shared.turn().await;
        shared.read_revocations(service.context()).await;
        drop(turn);
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(REVOCATIONS) => {}
        }
    }
}

async fn upkeep(service: &Service, shared: &Shared, mut stop: watch::Receiver<bool>) {
    loop {
        let turn = shared.turn().await;
        revocations::forget_ended(service.context()).await;
        let looked_at = service.recover_once().await;
        if looked_at > 0 {
            tracing::info!(looked_at, "checked the outcomes of calls to PSPs");
        }
        let asked_for = service.watch_once().await;
        if asked_for > 0 {
            tracing::info!(asked_for, "read payments that had no events");
        }
        drop(turn);
        shared.metrics.run_upkeep();
        tokio::select! {
            // Fails if the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Handles events as they arrive, and those whose next attempt is due. A slow PSP delays its own events only.
///
/// Each event has a task of its own: a future that is not polled while others are claimed would hold a connection and a row lock
/// that the claim waits for.
async fn hear(service: &Service, shared: &Shared, mut stop: watch::Receiver<bool>) {
    let mut under_way = JoinSet::new();
    loop {
        let free = EVENTS - under_way.len();
        if free >= TAKEN_TOGETHER {
            let turn = shared.turn().await;
            for event in service.take_events(free).await {
                let (service, turn) = (service.clone(), turn.clone());
                under_way.spawn_local(async move {
                    service.process_event(&event).await;
                    drop(turn);
                });
            }
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(ended) = under_way.join_next() => told(ended),
            () = shared.events.notified(), if free >= TAKEN_TOGETHER => {}
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
    while let Some(ended) = under_way.join_next().await {
        told(ended);
    }
}

/// An event whose task panicked stays claimed, and is due again later.
fn told(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "the handling of an event panicked");
    }
}
