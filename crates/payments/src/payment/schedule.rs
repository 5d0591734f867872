//! The times of the next check at the PSP, if no request or event causes one earlier.

use chrono::Duration;
use tillgate_store::{GatewayOperationRow, SourceState, StoredTime};

use crate::{
    context::Context,
    payment::locked::LockedPayment,
    planted::{self, Bug},
    stored,
};

const DAY: i64 = 24 * 60 * 60;
/// Seconds between two checks for the outcome of a call.
const OUTCOME: [i64; 10] = [0, 5, 30, 300, 3600, DAY, DAY, DAY, DAY, DAY];

/// The pause after a number of attempts; the last one repeats.
pub fn repeating_pause(seconds: &[i64], attempts: i32) -> Duration {
    let index = usize::try_from(attempts).unwrap_or(usize::MAX);
    let pause = seconds.get(index).or(seconds.last()).copied();
    Duration::seconds(pause.unwrap_or_default())
}

/// Schedules the next check for the outcome of a call: at once, by a GET of the source or the background task, then at growing
/// intervals. After the last one the call is flagged for an operator. Only these checks count: neither requests in between nor a
/// service that was down for days use them up.
pub fn next_look(operation: &mut GatewayOperationRow, now: StoredTime) {
    let mut planned = OUTCOME.iter().scan(operation.sent_at, |time, seconds| {
        *time = *time + Duration::seconds(*seconds);
        Some(*time)
    });
    let by_age = planned.find(|time| *time > now);
    let by_number = usize::try_from(operation.attempts)
        .ok()
        .and_then(|looks| OUTCOME.get(looks))
        .map(|seconds| now + Duration::seconds(*seconds));
    let soonest = by_age.into_iter().chain(by_number).min();
    operation.next_attempt_at = soonest.filter(|_| !planted::is(Bug::NeverLookedForAgain));
    if operation.next_attempt_at.is_none() {
        tracing::error!(
            operation = operation.id,
            "the outcome at the PSP stays unknown; needs an operator"
        );
        operation.flagged_at = Some(now);
    }
}

/// Schedules the check of a payment that waits for its buyer, its PSP or its capture, in case an event is lost: a buyer who never
/// comes back, an authorization that expires. The longer it waits, the rarer the checks.
pub fn next_check(context: &Context, payment: &mut LockedPayment, before: SourceState, next: SourceState) {
    let waits = match next {
        SourceState::Unconfirmed => Some((Duration::minutes(15), Duration::days(1))),
        SourceState::Failed if takes_another_card(payment) => {
            Some((Duration::minutes(15), Duration::days(1)))
        }
        SourceState::RequiresAction | SourceState::Processing => {
            Some((Duration::minutes(5), Duration::hours(6)))
        }
        _ => None,
    };
    let now = context.now();
    let since = match payment.terms.waits_since {
        Some(since) if before == next => since,
        _ => now,
    };
    let waited = now.moment() - since.moment();
    payment.terms.waits_since = waits.map(|_| since);
    let pause = match (waits, next) {
        (Some((shortest, longest)), _) => Some(waited.clamp(shortest, longest)),
        (None, SourceState::Authorized) => Some(Duration::days(1)),
        (None, SourceState::Captured) if holds_rest(payment) => Some(Duration::days(1)),
        (None, _) => None,
    };
    payment.source.check_at = pause.map(|pause| stored::stored_time(now) + pause);
}

/// Whether the buyer's browser can confirm the payment with another card after one was declined.
fn takes_another_card(payment: &LockedPayment) -> bool {
    payment.source.client_secret.is_some()
}

/// Whether a part of the authorized amount is neither captured nor released: it may still expire.
fn holds_rest(payment: &LockedPayment) -> bool {
    payment
        .authorizations()
        .any(|row| payment.ledger.open_authorization(row) > 0)
}
