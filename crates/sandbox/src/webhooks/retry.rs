//! The schedule for unacknowledged webhooks.

use chrono::TimeDelta;

use crate::env::Env;
use crate::ledger::Vendor;

/// Stripe docs: webhook delivery attempts are repeated for up to three days, with exponential back-off.
const STRIPE_KEEPS_TRYING: TimeDelta = TimeDelta::days(3);
const STRIPE_FIRST_SECONDS: u64 = 10;
const STRIPE_LONGEST_SECONDS: u64 = 12 * 60 * 60;
/// Longest random addition to a wait, in percent.
const STRIPE_JITTER_PERCENT: u64 = 20;

/// Checkout.com docs: receive webhooks, automatic retries.
const CHECKOUT_COM_MINUTES: [i64; 8] = [5, 10, 15, 30, 60, 4 * 60, 12 * 60, 12 * 60];

/// The wait after a failed attempt (1 is the first), or `None` if the vendor gives up. `age` is the time since the webhook was
/// first due.
pub(super) fn wait(env: &mut Env, vendor: Vendor, attempt: u32, age: TimeDelta) -> Option<TimeDelta> {
    match vendor {
        Vendor::Stripe => {
            let doubled = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
            let seconds = STRIPE_FIRST_SECONDS
                .saturating_mul(doubled)
                .min(STRIPE_LONGEST_SECONDS);
            let millis = seconds * 1000;
            let jitter = env.random_below(millis * STRIPE_JITTER_PERCENT / 100 + 1);
            let wait = TimeDelta::milliseconds(i64::try_from(millis + jitter).unwrap_or(i64::MAX));
            (age + wait <= STRIPE_KEEPS_TRYING).then_some(wait)
        }
        Vendor::CheckoutCom => {
            let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
            CHECKOUT_COM_MINUTES.get(index).copied().map(TimeDelta::minutes)
        }
    }
}
