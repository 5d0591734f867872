//! Time and randomness that are the same in two runs with the same seed.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use tillgate_payments::{Clock, Entropy};

/// 2030-01-01 11:00, when a seeded service is provisioned. It is late enough that clients with their own clock do not consider
/// its tokens expired.
const PROVISIONED_AT: i64 = 1_893_495_600;
/// Time of its first request, an hour later.
const SERVES_FROM: i64 = PROVISIONED_AT + 3600;

/// Provisioning and serving use different random bytes: another fixture changes no id of later resources.
const PROVISIONING: u64 = 1;
const SERVING: u64 = 2;

/// The time and the randomness of a seed.
pub struct Seeded {
    seed: u64,
    seconds: AtomicI64,
    random: Mutex<ChaCha12Rng>,
}

impl Seeded {
    /// A seeded world, at the time of provisioning.
    pub fn new(seed: u32) -> Self {
        let seed = u64::from(seed);
        Self {
            seed,
            seconds: AtomicI64::new(PROVISIONED_AT),
            random: Mutex::new(stream(seed, PROVISIONING)),
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// From here on, every run is in the same state.
    pub fn begin_serving(&self) {
        self.seconds.store(SERVES_FROM, Ordering::SeqCst);
        *self.random.lock().unwrap_or_else(PoisonError::into_inner) = stream(self.seed, SERVING);
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: u32) {
        self.seconds.fetch_add(i64::from(seconds), Ordering::SeqCst);
    }

    fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds.load(Ordering::SeqCst), 0).unwrap_or_default()
    }
}

fn stream(seed: u64, number: u64) -> ChaCha12Rng {
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    random.set_stream(number);
    random
}

impl Clock for Seeded {
    fn now(&self) -> DateTime<Utc> {
        self.time()
    }
}

impl tillgate_sandbox::Clock for Seeded {
    fn now(&self) -> DateTime<Utc> {
        self.time()
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seeded: &Seeded) -> [u8; 16] {
        let mut bytes = [0; 16];
        seeded.fill(&mut bytes);
        bytes
    }

    #[test]
    fn serving_begins_the_same_however_much_was_provisioned() {
        let (one, two, other) = (Seeded::new(1), Seeded::new(1), Seeded::new(2));
        assert_eq!(drawn(&one), drawn(&two));
        drawn(&one);
        one.advance(5);
        let first: Vec<_> = [&one, &two, &other]
            .map(|seeded| {
                seeded.begin_serving();
                drawn(seeded)
            })
            .into();
        assert_eq!(first[0], first[1]);
        assert_ne!(first[0], first[2]);
        assert_eq!(Clock::now(&one), Clock::now(&two));
        assert_eq!(one.time().to_rfc3339(), "2030-01-01T12:00:00+00:00");
    }
}
