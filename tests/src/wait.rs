//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// Waits like [`until`] for an asynchronous condition.
pub async fn until_async<T>(limit: Duration, mut condition: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition().await {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// How often a condition is looked at again.
const INTERVAL: Duration = Duration::from_millis(10);

/// Looks at `condition` until it yields a value; `None` when it has not within `limit`.
pub async fn until<T>(limit: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
