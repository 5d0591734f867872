//! The real time and randomness, which the domain is given.

use chrono::{DateTime, Utc};
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
