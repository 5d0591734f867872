//! The transactions of an order, and their sums.

use tillgate_model::resources::{
    PaymentStatus,
    TransactionKind::{self, Authorizations, Captures, Refunds, Voids},
};
use tillgate_store::{
    OrderRow, Scope, StoreError, TransactionRow,
    TransactionStatus::{self, Failed, Pending, Succeeded},
    Tx, query,
};

use crate::planted::{self, Bug};

/// The transactions of an order.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rows: Vec<TransactionRow>,
}

impl Ledger {
    /// Reads the transactions of an order.
    pub async fn read(tx: &mut Tx<'_>, scope: &Scope, order_id: &str) -> Result<Self, StoreError> {
        Ok(Self {
            rows: query!(tx, payments::transactions_of_order(scope, order_id))?,
        })
    }

    /// Reads the transactions of a locked order. Most orders never had one before their first payment: their row says so, and
    /// saves the query.
    pub async fn of(tx: &mut Tx<'_>, scope: &Scope, order: &OrderRow) -> Result<Self, StoreError> {
        if order.transactions_count == 0 {
            return Ok(Self::default());
        }
        Self::read(tx, scope, &order.id).await
    }

    /// A ledger of given transactions.
    pub fn new(rows: Vec<TransactionRow>) -> Self {
        Self { rows }
    }

    /// All transactions.
    pub fn rows(&self) -> &[TransactionRow] {
        &self.rows
    }

    fn sum(&self, kind: TransactionKind, statuses: &[TransactionStatus], parent: Option<&str>) -> i64 {
        self.rows
            .iter()
            .filter(|row| row.kind == kind && statuses.contains(&row.status))
            .filter(|row| parent.is_none() || row.parent_id.as_deref() == parent)
            .fold(0, |sum, row| sum.saturating_add(row.amount_cents))
    }

    /// The amount that the order's payments hold: pending, authorized or captured, less voids and refunds.
    pub fn held(&self) -> i64 {
        let statuses: &[TransactionStatus] = if planted::is(Bug::PendingNotHeld) {
            &[Succeeded]
        } else {
            &[Pending, Succeeded]
        };
        self.sum(Authorizations, statuses, None)
            - self.sum(Voids, &[Succeeded], None)
            - self.sum(Refunds, &[Succeeded], None)
    }

    /// The amount that the order's other payment sources hold.
    pub fn held_besides(&self, source_id: &str) -> i64 {
        let others = self
            .rows
            .iter()
            .filter(|row| row.payment_source_id != source_id)
            .cloned()
            .collect();
        Self::new(others).held()
    }

    /// The amount of a successful authorization that is neither captured nor voided.
    pub fn open_authorization(&self, authorization: &TransactionRow) -> i64 {
        if authorization.status != Succeeded {
            return 0;
        }
        let parent = Some(authorization.id.as_str());
        let used = self.sum(Captures, &[Pending, Succeeded], parent)
            + self.sum(Voids, &[Pending, Succeeded], parent);
        (authorization.amount_cents - used).max(0)
    }

    /// The amount of a successful authorization that can be voided: all of the open part, unless one of its captures is pending.
    pub fn voidable(&self, authorization: &TransactionRow) -> i64 {
        if self.sum(Captures, &[Pending], Some(&authorization.id)) > 0 {
            return 0;
        }
        self.open_authorization(authorization)
    }

    /// Whether an authorization has a successful or pending capture.
    pub fn is_captured(&self, authorization: &TransactionRow) -> bool {
        self.sum(Captures, &[Pending, Succeeded], Some(&authorization.id)) > 0
    }

    /// The amount that was captured for the order and not refunded.
    pub fn kept(&self) -> i64 {
        self.captured() - self.sum(Refunds, &[Succeeded], None)
    }

    /// The amount of a successful capture that is not refunded.
    pub fn refundable(&self, capture: &TransactionRow) -> i64 {
        if capture.status != Succeeded {
            return 0;
        }
        let refunded = self.sum(Refunds, &[Pending, Succeeded], Some(&capture.id));
        (capture.amount_cents - refunded).max(0)
    }

    /// The amount that was captured for the order in all.
    pub fn captured(&self) -> i64 {
        self.sum(Captures, &[Succeeded], None)
    }

    /// Whether nothing is left of a successful authorization: it was voided, or its captures were refunded.
    pub fn is_undone(&self, authorization: &TransactionRow) -> bool {
        let captures = self.rows.iter().filter(|row| {
            row.kind == Captures && row.parent_id.as_deref() == Some(authorization.id.as_str())
        });
        self.open_authorization(authorization) == 0
            && captures
                .filter(|row| row.status != Failed)
                .all(|row| self.refundable(row) == 0 && row.status == Succeeded)
    }

    /// The captured amount of an authorization.
    pub fn captured_of(&self, authorization: &TransactionRow) -> i64 {
        self.sum(Captures, &[Succeeded], Some(&authorization.id))
    }

    /// The captured amount of a payment source.
    pub fn captured_of_source(&self, source_id: &str) -> i64 {
        self.rows
            .iter()
            .filter(|row| {
                row.kind == Captures && row.status == Succeeded && row.payment_source_id == source_id
            })
            .fold(0, |sum, row| sum.saturating_add(row.amount_cents))
    }

    /// The transactions of a kind, in the order of their numbers.
    pub fn of_kind(&self, kind: TransactionKind) -> impl Iterator<Item = &TransactionRow> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    /// The transaction with an id.
    pub fn get(&self, id: &str) -> Option<&TransactionRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The number of failed authorizations.
    pub fn failed_authorizations(&self) -> i64 {
        let failed = self
            .rows
            .iter()
            .filter(|row| row.kind == Authorizations && row.status == Failed)
            .count();
        i64::try_from(failed).unwrap_or(i64::MAX)
    }

    /// The ledger without the authorizations that were undone before the order was placed, and without their voids, captures and
    /// refunds.
    fn without_canceled(&self) -> Self {
        let canceled = |row: &TransactionRow| {
            let root = row.parent_id.as_ref().and_then(|id| self.get(id)).unwrap_or(row);
            let above = root
                .parent_id
                .as_ref()
                .and_then(|id| self.get(id))
                .unwrap_or(root);
            row.canceled || root.canceled || above.canceled
        };
        Self::new(self.rows.iter().filter(|row| !canceled(row)).cloned().collect())
    }

    /// The payment status of an order with this total.
    pub fn payment_status(&self, total: i64) -> PaymentStatus {
        let counted = self.without_canceled();
        let done = |kind| counted.sum(kind, &[Succeeded], None);
        let (authorized, captured, voided, refunded) =
            (done(Authorizations), done(Captures), done(Voids), done(Refunds));
        // The rest that is still held must not be forgotten.
        let is_held = authorized > captured + voided && !planted::is(Bug::RestOfCaptureForgotten);
        if captured > 0 {
            if refunded >= captured && !is_held {
                PaymentStatus::Refunded
            } else if refunded > 0 {
                PaymentStatus::PartiallyRefunded
            } else if captured >= total {
                PaymentStatus::Paid
            } else {
                PaymentStatus::PartiallyPaid
            }
        } else if authorized > voided {
            match (authorized - voided >= total, voided > 0) {
                (true, _) => PaymentStatus::Authorized,
                (false, true) => PaymentStatus::PartiallyVoided,
                (false, false) => PaymentStatus::PartiallyAuthorized,
            }
        } else if voided > 0 {
            PaymentStatus::Voided
        } else if total == 0 {
            PaymentStatus::Free
        } else {
            PaymentStatus::Unpaid
        }
    }
}

#[cfg(test)]
mod tests;
