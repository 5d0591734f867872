//! Changes of payments by the clock: actions take effect, challenges and authorizations expire.
//!
//! Each read derives a payment's state from the time; this module only sends the events once.

use chrono::{DateTime, Utc};

use super::CheckoutCom;
use super::events::About;
use super::payment::{ActionKind, Payment, Stage};
use crate::env::Env;

/// An event that is due at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The buyer's time for 3-D Secure has ended.
    ChallengeEnds(String),
    /// The action with this index takes effect, or is declined.
    ActionIsDone(String, usize),
    /// The authorization can't be captured any more.
    AuthorizationEnds(String),
}

impl CheckoutCom {
    /// The time of the next change without a request.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Schedules the events of a payment. Repeating this changes nothing.
    pub(super) fn plan(&mut self, payment: &Payment) {
        if payment.verdict.is_none() {
            let due = Due::ChallengeEnds(payment.id.clone());
            self.schedule.insert((payment.challenge_ends(), due));
        }
        if let Some(end) = payment.expires_on().filter(|_| !payment.end_told) {
            let due = Due::AuthorizationEnds(payment.id.clone());
            self.schedule.insert((end, due));
        }
        for (index, action) in payment.actions.iter().enumerate() {
            if !action.told {
                let due = Due::ActionIsDone(payment.id.clone(), index);
                self.schedule.insert((action.due, due));
            }
        }
    }

    /// Sends all events that became due since the last call, with the times when they were due.
    pub fn catch_up(&mut self, env: &mut Env) {
        let now = env.now();
        while self.schedule.first().is_some_and(|(at, _)| *at <= now)
            && let Some((at, due)) = self.schedule.pop_first()
        {
            match due {
                Due::ChallengeEnds(id) => self.end_challenge(env, &id, at),
                Due::ActionIsDone(id, index) => self.finish_action(env, &id, index, at),
                Due::AuthorizationEnds(id) => self.end_authorization(env, &id, at),
            }
        }
    }

    fn end_challenge(&mut self, env: &mut Env, id: &str, at: DateTime<Utc>) {
        let Some(mut payment) = self.payments.get(id).cloned() else {
            return;
        };
        if payment.verdict.is_some() {
            return;
        }
        payment.verdict = payment.verdict(at);
        self.put_payment(env, payment.clone());
        self.tell(env, &payment, "authentication_expired", &About::Payment, at);
        self.tell_verdict(env, &payment, at);
    }

    fn finish_action(&mut self, env: &mut Env, id: &str, index: usize, at: DateTime<Utc>) {
        let Some(mut payment) = self.payments.get(id).cloned() else {
            return;
        };
        let Some(action) = payment.actions.get_mut(index).filter(|action| !action.told) else {
            return;
        };
        action.told = true;
        let action = action.clone();
        self.put_payment(env, payment.clone());
        let event = match (action.kind, action.decline.is_none()) {
            (ActionKind::Capture, true) => "payment_captured",
            (ActionKind::Capture, false) => "payment_capture_declined",
            (ActionKind::Void, true) => "payment_voided",
            (ActionKind::Void, false) => "payment_void_declined",
            (ActionKind::Refund, true) => "payment_refunded",
            (ActionKind::Refund, false) => "payment_refund_declined",
        };
        self.tell(env, &payment, event, &About::Action(&action), at);
    }

    fn end_authorization(&mut self, env: &mut Env, id: &str, at: DateTime<Utc>) {
        let Some(mut payment) = self.payments.get(id).filter(|payment| !payment.end_told).cloned() else {
            return;
        };
        payment.end_told = true;
        self.put_payment(env, payment.clone());
        if payment.stage(at) == Stage::Expired {
            self.tell(env, &payment, "payment_expired", &About::Payment, at);
        }
    }
}
