//! The time of a failed call's next attempt.

use chrono::{DateTime, Duration};
use tillgate_model::Timestamp;
use tillgate_store::StoredTime;

use crate::ports::Entropy;

/// Maximum number of calls.
pub const ATTEMPTS: usize = 10;
/// Seconds between two calls: 71 hours and a half in all.
const PAUSES: [i64; ATTEMPTS - 1] = [5, 60, 300, 1800, 7200, 18_000, 36_000, 64_800, 129_600];
/// Maximum pause, whatever `Retry-After` says.
const LONGEST: Duration = Duration::hours(24);

/// A random amount to shorten a pause by: nothing for 0, a tenth for 255.
pub fn jitter(entropy: &dyn Entropy) -> u8 {
    let mut random = [0];
    entropy.fill(&mut random);
    random[0]
}

/// The time of the next call after a number of calls; `None` after the last one. Each pause is shortened by up to a tenth, so
/// that simultaneous failures don't come back together, and no call comes later than three days after the first.
pub fn next(calls: usize, now: StoredTime, retry_after: Option<Duration>, jitter: u8) -> Option<StoredTime> {
    let pause = Duration::seconds(*PAUSES.get(calls.checked_sub(1)?)?);
    let jitter = pause * i32::from(jitter) / 2550;
    let asked_for = retry_after.unwrap_or_default().min(LONGEST);
    Some(now + (pause - jitter).max(asked_for))
}

/// The pause that `Retry-After` asks for (RFC 9110, 10.2.3), in seconds or as a date.
pub fn retry_after(value: &str, now: StoredTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::seconds(i64::from(seconds)));
    }
    let moment = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    Some((moment - Timestamp::from(now).moment()).max(Duration::zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> StoredTime {
        let moment = DateTime::from_timestamp(1_900_000_000, 0).expect("a moment");
        Timestamp::new(moment).into()
    }

    #[test]
    fn ten_calls_take_nearly_three_days_and_never_more() {
        for (random, least) in [(0_u8, Duration::hours(71)), (255, Duration::hours(64))] {
            let mut now = start();
            let mut calls = 1;
            while let Some(next) = next(calls, now, None, random) {
                assert!(next > now);
                now = next;
                calls += 1;
            }
            assert_eq!(calls, ATTEMPTS);
            assert!(
                (least..=Duration::days(3)).contains(&(now - start())),
                "{}",
                now - start()
            );
        }
    }

    #[test]
    fn whoever_asks_for_more_time_gets_it_up_to_a_day() {
        let after = |text: &str| next(1, start(), retry_after(text, start()), 0).map(|next| next - start());
        assert_eq!(after("120"), Some(Duration::seconds(120)));
        assert_eq!(after("1"), Some(Duration::seconds(5)));
        assert_eq!(after("4000000000"), Some(LONGEST));
        assert_eq!(after("soon"), Some(Duration::seconds(5)));
        assert_eq!(after("Sun, 17 Mar 2030 18:46:40 GMT"), Some(Duration::hours(1)));
        assert_eq!(after("Sun, 17 Mar 2030 10:46:40 GMT"), Some(Duration::seconds(5)));
    }
}
