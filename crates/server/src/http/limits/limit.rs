//! One limit.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tillgate_model::{Problem, Problems};

use super::{Client, bounded::Bounded};

/// A limit for each client.
pub struct Limit {
    setting: &'static str,
    told: String,
    limiter: Option<RateLimiter<Client, Bounded<Client>, DefaultClock>>,
    counted: Bounded<Client>,
}

impl Limit {
    /// A limit with the setting's quota and the text for clients who exceed it; `None` is no limit.
    pub fn new(setting: &'static str, quota: Option<(Quota, String)>) -> Self {
        let (quota, told) = quota.unzip();
        let counted = Bounded::default();
        Self {
            setting,
            told: told.unwrap_or_default(),
            limiter: quota.map(|quota| RateLimiter::new(quota, counted.clone(), DefaultClock::default())),
            counted,
        }
    }

    /// Whether there is no limit.
    pub fn is_off(&self) -> bool {
        self.limiter.is_none()
    }

    /// Counts one more.
    ///
    /// # Errors
    /// The limit is exceeded.
    pub fn count(&self, client: &Client) -> Result<(), Problems> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter.check_key(client).map_err(|until| {
            let wait = until.wait_time_from(limiter.clock().now());
            let problem = Problem::too_many(self.setting, self.told.clone());
            Problems::from(problem).retry_after(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }

    /// Forgets all counts.
    pub fn forget(&self) {
        self.counted.forget();
    }
}
