//! How many requests an application may send.

use std::num::NonZeroU32;

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tillgate_model::{Id, Problem, Problems, problem::Kind};

/// A limit per application: so many requests per second, and at once twice as many after a pause.
pub struct RateLimit {
    limiter: Option<DefaultKeyedRateLimiter<Id>>,
    clock: DefaultClock,
}

impl RateLimit {
    /// With so many requests per second; `None` is no limit.
    pub fn new(per_second: Option<NonZeroU32>) -> Self {
        let quota = |rate: NonZeroU32| {
            Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
        };
        Self {
            limiter: per_second.map(|rate| RateLimiter::keyed(quota(rate))),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The application has sent too many.
    pub fn check(&self, application: &Id) -> Result<(), Problems> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter.check_key(application).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let problem = Problem::new(
                Kind::TooManyRequests,
                "The application has sent too many requests.",
            );
            Problems::from(problem).retry_after(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }

    /// Forgets the applications that have been quiet for a while, so that the memory of them stays bounded.
    pub fn forget_the_quiet(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        text.parse().expect("an id")
    }

    #[test]
    fn a_burst_of_twice_the_rate_passes_and_no_more() {
        let limit = RateLimit::new(NonZeroU32::new(3));
        let passed = (0..20).filter(|_| limit.check(&id("aaaaaaaaaa")).is_ok()).count();
        // One more when the machine takes a third of a second for the loop.
        assert!((6..=7).contains(&passed), "{passed}");
        let problems = limit.check(&id("aaaaaaaaaa")).expect_err("exhausted");
        assert_eq!((problems.status(), problems.retry_after), (429, Some(1)));
        assert!(limit.check(&id("bbbbbbbbbb")).is_ok());
    }

    #[test]
    fn no_limit() {
        let limit = RateLimit::new(None);
        assert!((0..1000).all(|_| limit.check(&id("aaaaaaaaaa")).is_ok()));
    }
}
