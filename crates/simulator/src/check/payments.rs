//! Each payment at a PSP, compared with our records.

use std::collections::{BTreeMap, BTreeSet};

use tillgate_model::resources::TransactionKind;
use tillgate_sandbox::{LedgerKind, Vendor};
use tillgate_store::{GatewayOperationRow, PaymentSourceRow, TransactionStatus};

use super::Books;
use crate::dashboard;

/// The amounts of one payment, by one side's records.
#[derive(Default, PartialEq, Eq, Debug)]
struct Sums {
    authorized: i64,
    /// Each capture.
    captured: Vec<i64>,
    /// Voided, released or expired.
    released: i64,
    /// Each refund that did not fail later.
    refunded: Vec<i64>,
}

impl Sums {
    /// Whether the authorization expired before we knew of it, which counts as a failed attempt.
    fn ended_unheard(&self, ours: &Self) -> bool {
        let came_to_nothing = self.captured.is_empty() && self.released == self.authorized;
        came_to_nothing && *ours == Self::default()
    }

    /// The sums, with all captures added up.
    fn summed(&self) -> (i64, i64, i64, &[i64]) {
        (
            self.authorized,
            sum(&self.captured),
            self.released,
            &self.refunded,
        )
    }

    fn sorted(mut self) -> Self {
        self.captured.sort_unstable();
        self.refunded.sort_unstable();
        self
    }
}

/// Differences. `impostors` are payments that the PSP showed as others: their actions are unknown here.
pub fn check(books: &Books, impostors: &BTreeSet<String>) -> Vec<String> {
    let (theirs, ours) = (of_psp(books), of_us(books));
    let mut findings = Vec::new();
    for (id, theirs) in &theirs {
        let (captured, refunded) = (sum(&theirs.captured), sum(&theirs.refunded));
        if captured + theirs.released > theirs.authorized || refunded > captured {
            findings.push(format!("the PSP's own books of {id} don't add up: {theirs:?}"));
        }
    }
    let ids: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    let nothing = Sums::default();
    for id in ids.into_iter().filter(|id| !impostors.contains(*id)) {
        let left_to_a_person = is_left_to_a_person(books, id);
        let (theirs, ours) = (
            theirs.get(id).unwrap_or(&nothing),
            ours.get(id).unwrap_or(&nothing),
        );
        let is_same = theirs == ours || (takes_sums(books, id) && theirs.summed() == ours.summed());
        if !is_same && !left_to_a_person && !theirs.ended_unheard(ours) {
            findings.push(format!("{id}: the PSP has {theirs:?}, we have {ours:?}"));
        }
    }
    findings.extend(refunds_by_id(books));
    findings.extend(denied(books));
    findings
}

/// Whether captures are compared by their sum. Stripe does not list them: several captures in its dashboard between two reads
/// count as one.
fn takes_sums(books: &Books, psp_id: &str) -> bool {
    books.psp.iter().any(|entry| {
        entry.payment_id == psp_id && entry.vendor == Vendor::Stripe && dashboard::has_done(entry)
    })
}

/// Whether a call for the payment is flagged for an operator: a call of its source, or its creation, whose answer we never got.
fn is_left_to_a_person(books: &Books, psp_id: &str) -> bool {
    let is_known =
        |source: &PaymentSourceRow| source.psp_id.as_deref() == Some(psp_id) && books.is_flagged(&source.id);
    let made_it = |operation: &GatewayOperationRow| {
        let mut effects = books.effects_of(operation);
        effects.any(|entry| entry.payment_id == psp_id)
    };
    books.sources.iter().any(is_known) || books.flagged().any(made_it)
}

/// Effects of calls that counted as not sent, and were reported so: there must be none.
fn denied(books: &Books) -> Vec<String> {
    let is_denied = |id: &String| books.transactions.iter().all(|row| row.id != *id);
    let denied = books
        .operations
        .iter()
        .filter(|operation| operation.finished_at.is_some())
        .filter(|operation| operation.transaction_id.as_ref().is_some_and(is_denied));
    denied
        .filter(|operation| books.effects_of(operation).next().is_some())
        .map(|operation| {
            let (kind, id) = (&operation.kind, &operation.id);
            format!("the {kind} {id} counted as not sent, but it happened")
        })
        .collect()
}

fn sum(amounts: &[i64]) -> i64 {
    amounts.iter().sum()
}

fn of_psp(books: &Books) -> BTreeMap<String, Sums> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    for entry in &books.psp {
        let sums = all.entry(entry.payment_id.clone()).or_default();
        match entry.kind {
            LedgerKind::Authorize => sums.authorized += entry.amount,
            LedgerKind::Capture => sums.captured.push(entry.amount),
            LedgerKind::Void | LedgerKind::Release | LedgerKind::Expire => sums.released += entry.amount,
            LedgerKind::Refund => sums.refunded.push(entry.amount),
            LedgerKind::RefundFailure => {
                if let Some(index) = sums.refunded.iter().position(|amount| *amount == entry.amount) {
                    sums.refunded.remove(index);
                }
            }
        }
    }
    all.into_iter().map(|(id, sums)| (id, sums.sorted())).collect()
}

fn of_us(books: &Books) -> BTreeMap<String, Sums> {
    let mut all: BTreeMap<String, Sums> = BTreeMap::new();
    for row in books
        .transactions
        .iter()
        .filter(|row| row.status == TransactionStatus::Succeeded)
    {
        let id = row.token.clone().unwrap_or_else(|| format!("(none, {})", row.id));
        let sums = all.entry(id).or_default();
        match *row.kind {
            TransactionKind::Authorizations => sums.authorized += row.amount_cents,
            TransactionKind::Captures => sums.captured.push(row.amount_cents),
            TransactionKind::Voids => sums.released += row.amount_cents,
            TransactionKind::Refunds => sums.refunded.push(row.amount_cents),
        }
    }
    all.into_iter().map(|(id, sums)| (id, sums.sorted())).collect()
}

/// Each refund at a PSP is ours once, by its id.
fn refunds_by_id(books: &Books) -> Vec<String> {
    let mut findings = Vec::new();
    for entry in books.psp.iter().filter(|entry| entry.kind == LedgerKind::Refund) {
        let ours = books
            .transactions
            .iter()
            .filter(|row| {
                row.kind == TransactionKind::Refunds && row.gateway_transaction_id == entry.effect_id
            })
            .count();
        if ours > 1 {
            findings.push(format!(
                "the refund {:?} is recorded {ours} times",
                entry.effect_id
            ));
        }
    }
    findings
}
