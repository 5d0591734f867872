//! Failed attempts to get a token, per network address. Secrets are too long to be guessed; this keeps the attempts from
//! becoming a load.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use tillgate_model::{Problem, Problems, problem::Kind};

/// Failed attempts of an address within a window.
const MAX_FAILURES: u32 = 30;
/// Length of a window, in seconds.
const WINDOW: i64 = 60;
/// Addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

struct Window {
    began: i64,
    failures: u32,
}

/// Counts failures.
#[derive(Default)]
pub struct FailedAttempts(Mutex<HashMap<IpAddr, Window>>);

impl FailedAttempts {
    /// Whether an address may try. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// It has failed too often.
    pub fn check(&self, address: IpAddr, now: i64) -> Result<(), Problems> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get(&network(address)) {
            Some(window) if window.failures >= MAX_FAILURES && now < window.began + WINDOW => {
                let problem = Problem::new(
                    Kind::TooManyRequests,
                    "Too many failed attempts from this address.",
                );
                Err(Problems::from(problem)
                    .retry_after(u64::try_from(window.began + WINDOW - now).unwrap_or(1)))
            }
            _ => Ok(()),
        }
    }

    /// Forgets all failures.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts a failure.
    pub fn failed(&self, address: IpAddr, now: i64) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_ADDRESSES {
            windows.retain(|_, window| now < window.began + WINDOW);
        }
        if windows.len() >= MAX_ADDRESSES {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_insert(Window {
            began: now,
            failures: 0,
        });
        if now >= window.began + WINDOW {
            *window = Window {
                began: now,
                failures: 0,
            };
        }
        window.failures += 1;
    }
}

/// An IPv6 user has a network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_waits_after_thirty_failures() {
        let attempts = FailedAttempts::default();
        let one = address("192.0.2.1");
        for second in 0..30 {
            assert!(attempts.check(one, second).is_ok());
            attempts.failed(one, second);
        }
        let problems = attempts.check(one, 30).expect_err("too many");
        assert_eq!((problems.status(), problems.retry_after), (429, Some(30)));
        assert!(attempts.check(address("192.0.2.2"), 30).is_ok());
        assert!(attempts.check(one, 60).is_ok());
        attempts.failed(one, 60);
        assert!(attempts.check(one, 61).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let attempts = FailedAttempts::default();
        for host in 0..30 {
            attempts.failed(address(&format!("2001:db8::{host:x}")), 0);
        }
        assert!(attempts.check(address("2001:db8::ffff"), 1).is_err());
        assert!(attempts.check(address("2001:db8:0:1::1"), 1).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = FailedAttempts::default();
        for number in 0..u32::try_from(2 * MAX_ADDRESSES).expect("small") {
            attempts.failed(IpAddr::V4(number.into()), 0);
        }
        assert!(attempts.0.lock().expect("unpoisoned").len() <= MAX_ADDRESSES);
    }
}
