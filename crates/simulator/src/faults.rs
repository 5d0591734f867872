//! The rate of faults in a run. Each seed has its own mixture, without some kinds of faults, so that these do not always hide the
//! others.

use rand::{Rng, RngExt};

/// Probabilities of the faults, for each occasion.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The process ends, at a point before or after a commit or a call to a PSP.
    pub crash: f64,
    /// A transaction fails before it begins, or at its commit.
    pub database_error: f64,
    /// A transaction is committed, and its caller does not learn it.
    pub commit_unknown: f64,
    /// A request does not reach the PSP, and the caller knows.
    pub not_sent: f64,
    /// A request is lost on its way to the PSP.
    pub lost_before: f64,
    /// An answer of the PSP is lost.
    pub lost_after: f64,
    /// A request arrives late, perhaps after its sender has given up.
    pub late: f64,
    /// A request arrives twice.
    pub twice: f64,
    /// The PSP answers with an error of its own.
    pub psp_error: f64,
    /// A webhook is delayed, repeated, forged or lost.
    pub webhook: f64,
    /// A refund or an accepted capture fails in the end.
    pub late_failure: f64,
    /// Checkout.com is slow with captures, voids and refunds.
    pub slow_actions: f64,
    /// Hours or days pass at once.
    pub jump: f64,
    /// A client does not wait for its answer.
    pub impatient: f64,
    /// A webhook of the merchant can't be reached, fails, or its answer is lost.
    pub merchant: f64,
    /// An action in a PSP's dashboard.
    pub dashboard: f64,
    /// The PSPs can't be reached for most of a day, or longer.
    pub outage: f64,
    /// The PSP shows a new payment as one in live mode.
    pub impostor: f64,
    /// Checkout.com is slow with a new payment.
    pub slow_payments: f64,
}

impl Faults {
    /// Draws a mixture.
    pub fn draw(rng: &mut impl Rng) -> Self {
        let mut chance = |most: f64| {
            if rng.random_bool(0.5) {
                rng.random_range(0.1..1.0) * most
            } else {
                0.0
            }
        };
        Self {
            crash: chance(0.008),
            database_error: chance(0.03),
            commit_unknown: chance(0.02),
            not_sent: chance(0.2),
            lost_before: chance(0.15),
            lost_after: chance(0.3),
            late: chance(0.3),
            twice: chance(0.1),
            psp_error: chance(0.5),
            webhook: chance(0.8),
            late_failure: chance(0.5),
            slow_actions: chance(1.0),
            jump: chance(0.15),
            impatient: chance(0.1),
            merchant: chance(0.6),
            dashboard: chance(0.5),
            outage: chance(0.04),
            impostor: chance(0.05),
            slow_payments: chance(0.3),
        }
    }
}
