//! Money effects, for tests to compare with.

use crate::ledger::{LedgerEntry, LedgerKind, Vendor};

use super::CheckoutCom;
use super::payment::{ActionKind, Payment, Verdict};

impl CheckoutCom {
    /// Every accepted money effect. An accepted action never fails, so one that is not effective yet is listed
    /// with its future time.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.payments
            .iter()
            .flat_map(|(_, payment)| entries(payment))
            .collect()
    }
}

fn entries(payment: &Payment) -> Vec<LedgerEntry> {
    let entry = |kind, amount: u64, at, key: &Option<String>| LedgerEntry {
        vendor: Vendor::CheckoutCom,
        payment_id: payment.id.clone(),
        our_reference: payment.reference.clone(),
        metadata: payment.metadata.clone(),
        kind,
        amount: i64::try_from(amount).unwrap_or(i64::MAX),
        currency: payment.currency.clone(),
        at,
        idempotency_key: key.clone(),
    };
    let verdict = payment
        .verdict
        .as_ref()
        .filter(|verdict| payment.amount > 0 && Verdict::is_approved(verdict));
    let authorization = verdict.map(|verdict| {
        entry(
            LedgerKind::Authorize,
            payment.amount,
            verdict.at,
            &payment.idempotency_key,
        )
    });
    let actions = payment.actions.iter().map(|action| {
        let kind = match action.kind {
            ActionKind::Capture => LedgerKind::Capture,
            ActionKind::Void => LedgerKind::Void,
            ActionKind::Refund => LedgerKind::Refund,
        };
        entry(kind, action.amount, action.due, &action.idempotency_key)
    });
    authorization.into_iter().chain(actions).collect()
}
