//! What happens to payments by the clock: actions take effect, challenges and authorizations run out.
//!
//! A payment's state is worked out from the time whenever it is read; what is done here is to tell of it once.

use chrono::{DateTime, Utc};

use super::CheckoutCom;
use super::events::About;
use super::payment::{ActionKind, Payment, Stage};
use crate::env::Env;

/// Something that is to be told of at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The buyer's time for 3-D Secure is over.
    ChallengeEnds(String),
    /// The action with this index takes effect, or is declined.
    ActionIsDone(String, usize),
    /// The authorization can't be captured any more.
    AuthorizationEnds(String),
}

impl CheckoutCom {
    /// When something next happens by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.schedule.first().map(|(at, _)| *at)
    }

    /// Notes what will have to be told of a payment. Noting it again changes nothing.
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

    /// Tells of everything that became due since it was last called, as of the time when it was due.
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
