//! Checks of each order alone.

use crate::books::{Books, Transaction};
use crate::witness::Witness;

/// Orders that hold too much, and requests that took effect more than once.
pub fn differences(books: &Books, witness: &Witness) -> Vec<String> {
    let mut lines: Vec<String> = books
        .repeated_references
        .iter()
        .map(|reference| format!("a request made two resources: {reference}"))
        .collect();
    let open = books.operations.iter().filter(|operation| !operation.is_finished);
    lines.extend(open.map(|operation| format!("no outcome was found: {operation:?}")));
    let pending = books.transactions.iter().filter(|row| row.status == "pending");
    lines.extend(pending.map(|row| format!("it is pending still: {row:?}")));
    for order in &books.orders {
        let rows: Vec<&Transaction> = books
            .transactions
            .iter()
            .filter(|row| row.order_id == order.id)
            .collect();
        let total = |kind: &str| sum(&rows, |row| row.kind == kind);
        let held = total("authorizations") - total("voids") - total("refunds");
        if held > order.total {
            lines.push(format!(
                "{held} is held for an order of {}: {rows:?}",
                order.total
            ));
        }
        lines.extend(rows.iter().filter_map(|row| overdrawn(row, &rows)));
        let asked = witness.asked.get(&order.id).copied().unwrap_or_default();
        for (kind, asked) in [
            ("authorizations", asked.authorizations),
            ("captures", asked.captures),
            ("refunds", asked.refunds),
        ] {
            let done = rows
                .iter()
                .filter(|row| row.kind == kind && row.has_succeeded())
                .count();
            if done > asked {
                lines.push(format!("{done} {kind} were made of {asked} requests: {rows:?}"));
            }
        }
    }
    lines
}

fn sum(rows: &[&Transaction], belongs: impl Fn(&Transaction) -> bool) -> i64 {
    let succeeded = rows.iter().filter(|row| row.has_succeeded() && belongs(row));
    succeeded.map(|row| row.amount).sum()
}

/// A transaction whose parts exceed it.
fn overdrawn(row: &Transaction, rows: &[&Transaction]) -> Option<String> {
    let taken = sum(rows, |child| child.parent_id.as_ref() == Some(&row.id));
    let has = if row.has_succeeded() { row.amount } else { 0 };
    (taken > has).then(|| format!("{taken} was taken of {row:?}"))
}
