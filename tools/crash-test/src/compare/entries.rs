//! Compares the PSPs' ledger with ours: each entry has exactly one successful transaction, and each successful transaction an
//! entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::books::{Books, Entry, EntryKind, Transaction};

/// The differences between the two ledgers.
pub fn differences(ledger: &[Entry], books: &Books) -> Vec<String> {
    let mut lines = repeated_keys(ledger);
    let mut rest: BTreeMap<&str, &Transaction> = books
        .transactions
        .iter()
        .filter(|row| row.has_succeeded())
        .map(|row| (row.id.as_str(), row))
        .collect();
    let (named, unnamed): (Vec<&Entry>, Vec<&Entry>) = standing(ledger)
        .into_iter()
        .partition(|entry| transaction_named(entry, books).is_some());
    // Entries that name their transaction come first, so that no other entry takes it.
    for entry in named.into_iter().chain(unnamed) {
        let found = match transaction_named(entry, books) {
            Some(id) => rest.get(id.as_str()).copied(),
            None => of_payment(entry, &rest),
        };
        match found {
            Some(row) => {
                rest.remove(row.id.as_str());
                lines.extend(mismatch(entry, row, books));
            }
            None => lines.push(format!("only the PSP has it: {}", show(entry, books))),
        }
    }
    lines.extend(rest.values().map(|row| format!("only we have it: {row:?}")));
    lines
}

/// The ledger without refunds that failed later.
fn standing(ledger: &[Entry]) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = ledger
        .iter()
        .filter(|entry| entry.kind != EntryKind::RefundFailure)
        .collect();
    for failure in ledger
        .iter()
        .filter(|entry| entry.kind == EntryKind::RefundFailure)
    {
        let refund = entries.iter().position(|entry| {
            entry.kind == EntryKind::Refund
                && entry.payment_id == failure.payment_id
                && reference(entry) == reference(failure)
        });
        if let Some(index) = refund {
            entries.remove(index);
        }
    }
    entries
}

/// A key has one effect of each kind; a charge that captures at once has two kinds.
fn repeated_keys(ledger: &[Entry]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let with_key = ledger.iter().filter(|entry| entry.idempotency_key.is_some());
    let repeated = with_key.filter(|entry| !seen.insert((entry.kind, &entry.idempotency_key)));
    repeated
        .map(|entry| format!("a key has had its effect twice: {entry:?}"))
        .collect()
}

/// Our mark on an effect.
fn reference(entry: &Entry) -> Option<&str> {
    let mark = match entry.kind {
        EntryKind::Capture => "capture_transaction_id",
        _ => "transaction_id",
    };
    match entry.vendor.as_str() {
        "stripe" => entry.metadata.get(mark)?.as_str(),
        _ => entry.our_reference.as_deref(),
    }
}

/// The transaction of ours that an effect names. At Stripe a payment names the call that created it, which decides the first
/// authorization of its source; voids there name nothing, and neither do automatic effects.
fn transaction_named(entry: &Entry, books: &Books) -> Option<String> {
    let reference = reference(entry)?;
    match (entry.vendor.as_str(), entry.kind) {
        ("stripe", EntryKind::Capture | EntryKind::Refund) => Some(reference.to_owned()),
        ("stripe", EntryKind::Authorize) => {
            let operation = books.operations.iter().find(|one| one.id == reference)?;
            operation.transaction_id.clone()
        }
        ("stripe", _) | (_, EntryKind::Release | EntryKind::Expire) => None,
        // An automatic capture has the reference of its payment.
        (_, kind) => {
            let row = books.transactions.iter().find(|row| row.id == reference);
            row.is_none_or(|row| row.kind == our_kind(kind))
                .then(|| reference.to_owned())
        }
    }
}

/// One of the payment's transactions of the kind, with the same amount if possible.
fn of_payment<'a>(entry: &Entry, rest: &BTreeMap<&str, &'a Transaction>) -> Option<&'a Transaction> {
    let of_it = |row: &&&Transaction| {
        row.psp_id.as_deref() == Some(entry.payment_id.as_str()) && row.kind == our_kind(entry.kind)
    };
    let same_amount = |row: &&&Transaction| row.amount == entry.amount;
    let mut rows = rest.values().filter(of_it);
    let same = rest.values().filter(of_it).find(same_amount);
    same.or_else(|| rows.next()).copied()
}

fn our_kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Authorize => "authorizations",
        EntryKind::Capture => "captures",
        EntryKind::Void | EntryKind::Release | EntryKind::Expire => "voids",
        EntryKind::Refund | EntryKind::RefundFailure => "refunds",
    }
}

fn mismatch(entry: &Entry, row: &Transaction, books: &Books) -> Option<String> {
    let creation = (entry.vendor == "stripe" && entry.kind == EntryKind::Authorize).then(|| {
        books
            .operations
            .iter()
            .find(|one| Some(one.id.as_str()) == reference(entry))
    });
    let same_source = creation.is_none_or(|one| one.is_some_and(|one| one.source_id == row.source_id));
    let same = same_source
        && entry.amount == row.amount
        && entry.currency.eq_ignore_ascii_case(&row.currency)
        && our_kind(entry.kind) == row.kind
        && row.psp_id.as_deref() == Some(entry.payment_id.as_str());
    (!same).then(|| format!("the PSP has {entry:?}, we have {row:?}"))
}

/// The entry, with our records for it.
fn show(entry: &Entry, books: &Books) -> String {
    let named = transaction_named(entry, books);
    let ours = books
        .transactions
        .iter()
        .find(|row| Some(&row.id) == named.as_ref());
    format!("{entry:?}; ours is {ours:?}")
}
