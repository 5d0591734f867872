//! Every change was sent to the merchant: at least once, and under one identifier.

use std::collections::BTreeMap;

use tillgate_model::resources::OrderStatus;
use tillgate_store::TransactionStatus;

use super::Books;
use crate::merchant::Told;

/// Number of calls after which a webhook gets no more of an event.
const GIVEN_UP_AFTER: usize = 10;

/// Changes that were never sent. `topics` are those that the merchant subscribes to.
pub fn check(books: &Books, topics: &[&str], told: &BTreeMap<String, Told>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut by_event: BTreeMap<(&str, &str), Vec<&Told>> = BTreeMap::new();
    for told in told.values() {
        by_event.entry((&told.topic, &told.id)).or_default().push(told);
    }
    for ((topic, id), told) in &by_event {
        if told.len() > 1 {
            findings.push(format!(
                "{topic} of {id} was sent under {} identifiers",
                told.len()
            ));
        }
    }
    for (topic, id) in happened(books) {
        if !topics.contains(&topic.as_str()) {
            continue;
        }
        let told = by_event.get(&(topic.as_str(), id)).into_iter().flatten();
        let is_told = told
            .clone()
            .any(|told| told.arrived > 0 || told.calls >= GIVEN_UP_AFTER);
        if !is_told {
            let calls: usize = told.map(|told| told.calls).sum();
            findings.push(format!(
                "{topic} of {id} did not arrive; there were {calls} calls"
            ));
        }
    }
    findings
}

/// Changes that must have happened, by the present state: topics, each with the resource. None of these happens to a resource
/// twice.
fn happened(books: &Books) -> impl Iterator<Item = (String, &str)> {
    let transactions = books.transactions.iter().flat_map(|row| {
        let id = row.id.as_str();
        let decided =
            (row.status != TransactionStatus::Pending).then(|| (format!("{}.{}", row.kind, row.status), id));
        decided
            .into_iter()
            .chain([("transactions.create".to_owned(), id)])
    });
    let orders = books.orders.iter().flat_map(|row| {
        let topics: &[&str] = match *row.status {
            OrderStatus::Placed => &["orders.place"],
            OrderStatus::Approved => &["orders.place", "orders.approve"],
            OrderStatus::Cancelled => &["orders.cancel"],
            _ => &[],
        };
        topics.iter().map(|topic| ((*topic).to_owned(), row.id.as_str()))
    });
    transactions.chain(orders)
}
