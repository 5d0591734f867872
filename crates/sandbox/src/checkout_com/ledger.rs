//! Money effects, for tests to compare with.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::ledger::{LedgerEntry, LedgerKind, Vendor};

use super::CheckoutCom;
use super::payment::{Action, ActionKind, Payment, Stage, Verdict};

impl CheckoutCom {
    /// Every money effect until `now`. An accepted action that isn't effective yet, or was declined, has none.
    #[must_use]
    pub fn ledger(&self, now: DateTime<Utc>) -> Vec<LedgerEntry> {
        self.payments
            .iter()
            .flat_map(|(_, payment)| entries(payment, now))
            .collect()
    }
}

/// The parts of an entry that differ from the payment's.
struct Effect<'a> {
    kind: LedgerKind,
    amount: u64,
    at: DateTime<Utc>,
    id: Option<&'a str>,
    reference: Option<&'a String>,
    metadata: &'a Map<String, Value>,
    key: Option<&'a String>,
}

fn entries(payment: &Payment, now: DateTime<Utc>) -> Vec<LedgerEntry> {
    let approved = payment
        .verdict
        .as_ref()
        .filter(|verdict| payment.amount > 0 && Verdict::is_approved(verdict));
    let Some(verdict) = approved else {
        return Vec::new();
    };
    let authorized = Effect {
        kind: LedgerKind::Authorize,
        amount: payment.amount,
        at: verdict.at,
        id: Some(&payment.authorization_id),
        reference: None,
        metadata: &payment.metadata,
        key: payment.idempotency_key.as_ref(),
    };
    let actions = payment.actions.iter().filter(|action| action.is_effective(now));
    std::iter::once(authorized)
        .chain(actions.flat_map(|action| {
            [Some(of_action(action)), released_by(action, payment, now)]
                .into_iter()
                .flatten()
        }))
        .chain(ended_by_clock(payment, now))
        .map(|effect| entry(payment, effect))
        .collect()
}

fn of_action(action: &Action) -> Effect<'_> {
    Effect {
        kind: match action.kind {
            ActionKind::Capture => LedgerKind::Capture,
            ActionKind::Void => LedgerKind::Void,
            ActionKind::Refund => LedgerKind::Refund,
        },
        amount: action.amount,
        at: action.due,
        id: Some(&action.id),
        reference: action.reference.as_ref(),
        metadata: &action.metadata,
        key: action.idempotency_key.as_ref(),
    }
}

/// The rest of the authorization after captures. Pending captures reserve their part.
fn rest(payment: &Payment, now: DateTime<Utc>) -> Option<u64> {
    let captured = payment.accepted(ActionKind::Capture, now);
    payment.amount.checked_sub(captured).filter(|rest| *rest > 0)
}

/// The rest that was released by the action, if it is the one that ended the payment's captures.
fn released_by<'a>(action: &'a Action, payment: &'a Payment, now: DateTime<Utc>) -> Option<Effect<'a>> {
    let mut closing = payment
        .actions
        .iter()
        .filter(|action| action.closes && action.is_effective(now));
    let ends = closing.next().is_some_and(|first| first.id == action.id);
    let amount = rest(payment, now).filter(|_| ends && action.kind != ActionKind::Void)?;
    Some(Effect {
        kind: LedgerKind::Release,
        amount,
        ..of_action(action)
    })
}

/// The rest that was neither captured nor voided in time.
fn ended_by_clock(payment: &Payment, now: DateTime<Utc>) -> Option<Effect<'_>> {
    let at = payment.expires_on().filter(|end| *end <= now)?;
    let closed = payment
        .actions
        .iter()
        .any(|action| action.closes && action.counts(now));
    let captured = payment.effective(ActionKind::Capture, now);
    let kind = match payment.stage(now) {
        Stage::Expired => LedgerKind::Expire,
        Stage::Authorized if !closed && captured == payment.accepted(ActionKind::Capture, now) => {
            LedgerKind::Release
        }
        Stage::Authorized | Stage::Pending | Stage::Declined | Stage::CardVerified | Stage::Voided => {
            return None;
        }
    };
    Some(Effect {
        kind,
        amount: rest(payment, now)?,
        at,
        id: None,
        reference: None,
        metadata: &payment.metadata,
        key: None,
    })
}

fn entry(payment: &Payment, effect: Effect<'_>) -> LedgerEntry {
    LedgerEntry {
        vendor: Vendor::CheckoutCom,
        payment_id: payment.id.clone(),
        effect_id: effect.id.map(str::to_owned),
        our_reference: effect.reference.or(payment.reference.as_ref()).cloned(),
        metadata: effect.metadata.clone(),
        kind: effect.kind,
        amount: i64::try_from(effect.amount).unwrap_or(i64::MAX),
        currency: payment.currency.clone(),
        at: effect.at,
        idempotency_key: effect.key.cloned(),
    }
}
