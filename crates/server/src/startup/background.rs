//! What happens between requests: payments whose outcome is unknown are looked at again, and memory is given back.

use std::{sync::Arc, time::Duration};

use tillgate_payments::Service;
use tokio::sync::watch;

use crate::http::Shared;

/// Time between two looks at what is due.
const INTERVAL: Duration = Duration::from_secs(5);

/// Works until told to stop; what was begun is finished.
pub async fn run(service: Service, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        let looked_at = service.recover_once().await;
        if looked_at > 0 {
            tracing::info!(looked_at, "looked for the outcome of calls to PSPs");
        }
        shared.rate_limit.forget_the_quiet();
        shared.metrics.run_upkeep();
        tokio::select! {
            // Fails when the sender is gone, which means the same.
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
