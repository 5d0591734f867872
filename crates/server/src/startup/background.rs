//! What happens between requests: payments whose outcome is unknown are looked at again, events of the PSPs are dealt with,
//! merchants are told of theirs, old data is removed, and memory is given back.

use std::{sync::Arc, time::Duration};

use tillgate_payments::{Service, revocations};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};

use super::{calls, purge};
use crate::http::{REVOCATIONS, Shared};

/// Time between two looks at what is due.
const INTERVAL: Duration = Duration::from_secs(5);
/// Events that are dealt with at once.
const EVENTS: usize = 16;
/// So many places are free before events are taken: taking them is a commit.
const TAKEN_TOGETHER: usize = EVENTS / 2;

/// Works until told to stop; what was begun is finished.
pub async fn run(service: Service, shared: Arc<Shared>, stop: watch::Receiver<bool>) {
    futures::join!(
        hear(&service, &shared, stop.clone()),
        calls::run(&service, &shared, stop.clone()),
        purge::run(&service, &shared, stop.clone()),
        read_revocations(&service, &shared, stop.clone()),
        upkeep(&service, &shared, stop)
    );
}

/// Keeps the list of revoked tokens new.
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
            tracing::info!(looked_at, "looked for the outcome of calls to PSPs");
        }
        let asked_for = service.watch_once().await;
        if asked_for > 0 {
            tracing::info!(asked_for, "asked for payments that nobody told of");
        }
        drop(turn);
        shared.metrics.run_upkeep();
        tokio::select! {
            // Fails when the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Deals with events as they arrive, and with those that are to be looked at again. A slow PSP holds up its own events only.
///
/// Each event has a task of its own: one that is not polled while others are taken would hold a connection and a row's lock
/// that the taking waits for.
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

/// An event whose task panicked stays taken, and comes up again later.
fn told(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "dealing with an event broke off");
    }
}
