//! Time and randomness for the domain: the machine's own, or those of a seed.

mod seeded;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{FutureExt, future::BoxFuture};
use tillgate_gateways::Timer;
use tillgate_payments::{Clock, Entropy};

pub use seeded::Seeded;

/// Time and randomness of a process.
pub struct World {
    /// Source of the time.
    pub clock: Arc<dyn Clock>,
    /// Source of random bytes.
    pub entropy: Arc<dyn Entropy>,
}

impl World {
    /// The machine's time and randomness.
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// The time and randomness of a seed.
    pub fn seeded(seeded: &Arc<Seeded>) -> Self {
        Self {
            clock: Arc::<Seeded>::clone(seeded),
            entropy: Arc::<Seeded>::clone(seeded),
        }
    }

    /// Moves the clock ahead by the seconds of a counter.
    pub fn advanced_by(self, seconds: Arc<AtomicI64>) -> Self {
        let clock = Arc::new(AdvancedClock {
            clock: self.clock,
            seconds,
        });
        Self { clock, ..self }
    }
}

struct AdvancedClock {
    clock: Arc<dyn Clock>,
    seconds: Arc<AtomicI64>,
}

impl Clock for AdvancedClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::seconds(self.seconds.load(Ordering::SeqCst))
    }
}

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

/// Measures time and waits during calls to PSPs.
pub struct SystemTimer(Instant);

impl SystemTimer {
    /// Starts measuring.
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
