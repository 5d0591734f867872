//! When a call that has failed is made again.

use chrono::{DateTime, Duration};
use tillgate_model::Timestamp;
use tillgate_store::StoredTime;

use crate::ports::Entropy;

/// Calls that are made at most.
pub const ATTEMPTS: usize = 10;
/// Seconds between them: 71 hours and a half in all.
const PAUSES: [i64; ATTEMPTS - 1] = [5, 60, 300, 1800, 7200, 18_000, 36_000, 64_800, 129_600];
/// Nobody is waited for longer, whatever `Retry-After` says.
const LONGEST: Duration = Duration::hours(24);

/// How much a pause is shortened: by nothing with 0, by a tenth with 255.
pub fn jitter(entropy: &dyn Entropy) -> u8 {
    let mut random = [0];
    entropy.fill(&mut random);
    random[0]
}

/// When to call again after so many calls; none if that were enough. Each pause is shortened by up to a tenth, so that what
/// failed together does not come back together, and nothing comes later than three days after the first call.
pub fn next(calls: usize, now: StoredTime, retry_after: Option<Duration>, jitter: u8) -> Option<StoredTime> {
    let pause = Duration::seconds(*PAUSES.get(calls.checked_sub(1)?)?);
    let jitter = pause * i32::from(jitter) / 2550;
    let asked_for = retry_after.unwrap_or_default().min(LONGEST);
    Some(now + (pause - jitter).max(asked_for))
}

/// What `Retry-After` says (RFC 9110, 10.2.3): seconds, or a moment.
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
