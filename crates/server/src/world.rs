//! The real time and randomness, which the domain is given.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::{FutureExt, future::BoxFuture};
use tillgate_gateways::Timer;
use tillgate_payments::{Clock, Entropy};

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A cryptographic generator, seeded by the operating system.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }
}

/// Measures time and waits while a PSP is called.
pub struct SystemTimer(Instant);

impl SystemTimer {
    /// Begins to measure.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Timer for SystemTimer {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }

    fn random(&self) -> f64 {
        rand::random()
    }
}
