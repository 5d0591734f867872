//! Waits for a condition, with a deadline.

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

/// Pause between two checks of a condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// Checks `condition` until it yields a value; `None` if it has not within `limit`.
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
