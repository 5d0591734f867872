//! Sends a request, and repeats it where that is safe and useful.

use std::time::Duration;

use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::{
    planted::{self, Bug},
    transport::{Transport, TransportError},
    wire::{PspRequest, PspResponse},
};

/// Time and chance, injected so that tests and the fault simulator can control them.
pub trait Timer: Send + Sync {
    /// The time since a fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
    /// A uniformly distributed number, at least 0 and less than 1, for jitter.
    fn random(&self) -> f64;
}

/// Limits of a request's attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Time for all attempts and the pauses between them.
    pub deadline: Duration,
    /// Time limit of one attempt.
    pub attempt: Duration,
    /// Maximum number of attempts; at least one is made.
    pub max_attempts: u32,
    /// Longest pause after the first attempt; it doubles with each one.
    pub first_pause: Duration,
    /// Longest pause of all.
    pub max_pause: Duration,
    /// Whether an earlier process may have sent the request. An answer is then marked [`resent`](PspResponse::resent), and no
    /// error is [`TransportError::NotSent`].
    pub resending: bool,
}

impl Default for RetryPolicy {
    /// Three attempts within 25 seconds, about as long as a buyer waits.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(25),
            attempt: Duration::from_secs(20),
            max_attempts: 3,
            first_pause: Duration::from_millis(500),
            max_pause: Duration::from_secs(5),
            resending: false,
        }
    }
}

/// Sends the request until it gets a final answer, the attempts are used up, or the deadline is near.
///
/// Each attempt has the same bytes and the same idempotency key. A POST without a key is repeated only if nothing was sent. The
/// answer is the last one that arrived. The error is `NotSent` only if no attempt reached the PSP.
pub async fn call(
    transport: &dyn Transport,
    timer: &dyn Timer,
    request: &PspRequest,
    credentials: &SecretString,
    policy: RetryPolicy,
) -> Result<PspResponse, TransportError> {
    let started = timer.elapsed();
    let remaining = || {
        policy
            .deadline
            .saturating_sub(timer.elapsed().saturating_sub(started))
    };
    let mut reached = policy.resending;
    let mut attempt = 1;
    loop {
        let sent = transport
            .send(request, credentials, policy.attempt.min(remaining()))
            .await;
        let result = match sent {
            Ok(response) => Ok(PspResponse {
                resent: reached,
                ..response
            }),
            Err(TransportError::NotSent(reason))
                if reached && !planted::is(Bug::RefusedConnectionIsNotSent) =>
            {
                Err(TransportError::Unknown(reason))
            }
            Err(error) => Err(error),
        };
        let may_repeat = request.is_repeatable() || matches!(result, Err(TransportError::NotSent(_)));
        reached |= !matches!(result, Err(TransportError::NotSent(_)));
        if attempt >= policy.max_attempts || !may_repeat || !is_worth_repeating(&result) {
            return result;
        }
        let pause = pause_after(attempt, &result, timer.random(), &policy);
        if pause >= remaining() {
            return result;
        }
        tracing::debug!(?request, attempt, ?pause, "trying again");
        timer.sleep(pause).await;
        // The machine may have slept longer than the pause, so that the PSP has forgotten the key.
        if remaining().is_zero() {
            return result;
        }
        attempt += 1;
    }
}

/// Stripe says so in a header. Otherwise (and at Checkout.com) these are repeated: a request in flight with the same key, a rate
/// limit or locked object, a failure of the server. A replayed answer never changes.
fn is_worth_repeating(result: &Result<PspResponse, TransportError>) -> bool {
    let Ok(response) = result else { return true };
    if response.header("idempotent-replayed") == Some("true") {
        return false;
    }
    match response.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(response.status, 409 | 429 | 500..=599),
    }
}

/// Between half and all of a pause that doubles, and at least the pause that the PSP asks for.
fn pause_after(
    attempt: u32,
    result: &Result<PspResponse, TransportError>,
    random: f64,
    policy: &RetryPolicy,
) -> Duration {
    let doubled = policy
        .first_pause
        .saturating_mul(2_u32.saturating_pow(attempt - 1));
    let pause = doubled
        .min(policy.max_pause)
        .mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
    let asked = result
        .as_ref()
        .ok()
        .and_then(|response| response.header("retry-after"));
    let asked = asked
        .and_then(|seconds| seconds.parse().ok())
        .map_or(Duration::ZERO, Duration::from_secs);
    pause.max(asked)
}
