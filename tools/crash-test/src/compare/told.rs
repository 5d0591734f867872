//! Compares the clients' answers with our rows: nothing that was acknowledged is gone or has changed.

use std::collections::BTreeSet;

use crate::books::{Books, Transaction};
use crate::witness::{Told, Witness};

/// Rows that differ from the clients' answers.
pub fn differences(books: &Books, witness: &Witness) -> Vec<String> {
    let mut lines = witness.problems.clone();
    lines.extend(created(books, witness));
    lines.extend(marks(books, witness));
    for (id, told) in &witness.transactions {
        let row = books.transactions.iter().find(|row| row.id == *id);
        let holds = match told {
            Told::Succeeded(amount) => row.is_some_and(|row| row.has_succeeded() && row.amount == *amount),
            // A creation that failed leaves nothing behind.
            Told::Failed => row.is_none_or(|row| row.status == "failed"),
        };
        if !holds {
            lines.push(format!(
                "a client was told {told:?} of the transaction {id}; it is {row:?}"
            ));
        }
    }
    for (source, amount) in &witness.charged {
        let captured: i64 = succeeded(books, source, "captures").map(|row| row.amount).sum();
        if captured != *amount {
            lines.push(format!(
                "a client was told that {source} charged {amount}; it has {captured}"
            ));
        }
    }
    for source in &witness.declined {
        if succeeded(books, source, "authorizations").next().is_some() {
            lines.push(format!(
                "a client was told that {source} was declined; it is authorized"
            ));
        }
    }
    lines
}

fn succeeded<'a>(
    books: &'a Books,
    source: &'a str,
    kind: &'a str,
) -> impl Iterator<Item = &'a Transaction> + 'a {
    let rows = books.transactions.iter();
    rows.filter(move |row| row.source_id == source && row.kind == kind && row.has_succeeded())
}

/// Resources that were created and are missing.
fn created(books: &Books, witness: &Witness) -> Vec<String> {
    let orders = books.orders.iter().map(|order| order.id.as_str());
    let sources = books.sources.iter().map(|(id, _)| id.as_str());
    let items = books.line_items.iter().map(String::as_str);
    let present: BTreeSet<&str> = orders.chain(sources).chain(items).collect();
    let expected = witness.created.iter().filter(|(kind, _)| {
        let kind = kind.as_str();
        matches!(
            kind,
            "orders" | "line_items" | "stripe_payments" | "checkout_com_payments" | "payments"
        )
    });
    let gone = expected.filter(|(_, id)| !present.contains(id.as_str()));
    gone.map(|(kind, id)| format!("{kind} {id} was created and is gone"))
        .collect()
}

/// Orders that were placed, approved or cancelled, and are not.
fn marks(books: &Books, witness: &Witness) -> Vec<String> {
    let bears = |id: &str, mark: &str| {
        let order = books.orders.iter().find(|order| order.id == id);
        order.is_some_and(|order| order.marks.contains(&mark))
    };
    let lost = witness.marks.iter().filter(|(id, mark)| !bears(id, mark));
    lost.map(|(id, mark)| format!("the order {id} had a {mark} and has none"))
        .collect()
}
