//! Deletes expired data while other work goes on.

use std::time::{Duration, Instant};

use tillgate_payments::{Service, purge};
use tokio::sync::watch;

use crate::http::{Shared, metrics};

/// Time between two checks for expired data.
const INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The shortest pause after a step.
const PAUSE: Duration = Duration::from_millis(2);

/// Works until told to stop.
pub async fn run(service: &Service, shared: &Shared, mut stop: watch::Receiver<bool>) {
    loop {
        let ended = tokio::select! {
            // Fails if the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop) => true,
            () = all(service, shared) => false,
        };
        if ended {
            return;
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// Deletes all expired data. Each step is followed by a pause of its own duration, so that this takes at most half of the
/// database's capacity, and less of a busy one.
async fn all(service: &Service, shared: &Shared) {
    for purge in purge::ALL {
        let mut position = Some(0);
        while let Some(from) = position {
            let began = Instant::now();
            let turn = shared.turn().await;
            let Some(step) = service.purge_step(purge, from).await else {
                break;
            };
            drop(turn);
            metrics::count_purged(purge.table(), step.purged);
            position = step.next;
            tokio::time::sleep(began.elapsed().max(PAUSE)).await;
        }
    }
}
