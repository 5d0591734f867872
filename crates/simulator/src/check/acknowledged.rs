//! Acknowledged resources still exist, once for each key.

use std::collections::BTreeMap;

use tillgate_model::resources::TransactionKind;
use tillgate_store::TransactionStatus;

use super::Books;
use crate::{
    dashboard,
    notes::{Notes, SeenTransaction},
};

/// Resources that are missing, or exist too often.
pub fn check(books: &Books, notes: &Notes) -> Vec<String> {
    let mut findings = Vec::new();
    transactions(books, notes, &mut findings);
    sources(books, notes, &mut findings);
    parts(books, notes, &mut findings);
    events(books, notes, &mut findings);
    refunds(books, notes, &mut findings);
    findings
}

fn transactions(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    for (id, seen) in &notes.transactions {
        let now = books
            .transactions
            .iter()
            .find(|row| row.id == *id)
            .map(|row| SeenTransaction {
                kind: row.kind.to_string(),
                status: row.status.to_string(),
                amount_cents: row.amount_cents,
            });
        if !now.as_ref().is_some_and(|now| now.may_follow(seen)) {
            findings.push(format!(
                "{}/{id} was shown as {seen:?}, and is {now:?}",
                seen.kind
            ));
        }
    }
}

fn sources(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    for source in notes.orders.values().flat_map(|order| &order.sources) {
        let is_there = books.sources.iter().any(|row| row.id == source.id);
        if !is_there && !source.deleting && !source.in_the_making {
            findings.push(format!("{}/{} is gone", source.kind, source.id));
        }
    }
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for key in books.sources.iter().filter_map(|row| row.reference.as_deref()) {
        *made.entry(key).or_default() += 1;
    }
    for (key, count) in made.into_iter().filter(|(_, count)| *count > 1) {
        findings.push(format!("{key} has made {count} payment sources"));
    }
}

/// A request for a part of an amount has its effect once, however often it was sent.
fn parts(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    let mut asked: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for (parent, amount) in notes.keys.values().filter_map(|key| key.part.as_ref()) {
        *asked.entry((parent, *amount)).or_default() += 1;
    }
    for ((parent, amount), asked) in asked {
        let done = books.transactions.iter().filter(|row| {
            row.parent_id.as_deref() == Some(parent)
                && row.amount_cents == amount
                && row.status != TransactionStatus::Failed
                && row.kind != TransactionKind::Voids
        });
        // So may an action in the dashboard.
        let elsewhere = books
            .psp
            .iter()
            .filter(|entry| dashboard::has_done(entry) && entry.amount == amount);
        let done = done.count().saturating_sub(elsewhere.count());
        // A request for the whole rest may happen to have the same amount.
        let whole = notes.keys.values().filter(|key| {
            key.part.is_none() && (key.path == "/api/orders/{id}" || key.id.as_deref() == Some(parent))
        });
        if done > asked + whole.count() {
            findings.push(format!(
                "{parent} has {done} captures or refunds of {amount}, {asked} were requested"
            ));
        }
    }
}

/// An event that was acknowledged is kept, once.
fn events(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    for id in &notes.acknowledged_events {
        let kept = books.events.iter().filter(|row| row.event_id == *id).count();
        if kept != 1 {
            findings.push(format!(
                "the event {id} was acknowledged, but is stored {kept} times"
            ));
        }
    }
}

/// Money is refunded only on request, here or in the PSP's dashboard.
fn refunds(books: &Books, notes: &Notes, findings: &mut Vec<String>) {
    for row in books
        .transactions
        .iter()
        .filter(|row| row.kind == TransactionKind::Refunds)
    {
        let asked = notes.keys.values().any(|key| match key.path.as_str() {
            "/api/captures/{id}" => key.id == row.parent_id,
            "/api/orders/{id}" => key.id.as_ref() == Some(&row.order_id) && key.attributes["_refund"] == true,
            _ => false,
        });
        let done_elsewhere = || {
            let mut entries = books.psp.iter().filter(|entry| dashboard::has_done(entry));
            entries.any(|entry| entry.effect_id == row.gateway_transaction_id)
        };
        if !asked && !done_elsewhere() {
            findings.push(format!(
                "no request was for refunds/{} of {}",
                row.id, row.amount_cents
            ));
        }
    }
}
