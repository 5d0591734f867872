//! Orders: paid once, and with the status that follows from their transactions.

use std::collections::{BTreeMap, BTreeSet};

use tillgate_model::resources::{OrderStatus, TransactionKind};
use tillgate_sandbox::LedgerKind;
use tillgate_store::{OrderRow, TransactionRow, TransactionStatus};

use super::{Books, open::is_given_up};
use crate::{
    dashboard,
    notes::{Notes, rank},
};

/// Violations. `impostors` are payments that the PSP showed as others.
pub fn check(books: &Books, notes: &Notes, impostors: &BTreeSet<String>) -> Vec<String> {
    let mut findings = statuses(books);
    for order in &books.orders {
        let total = total(order);
        let seen = notes.orders.get(&order.id);
        let largest = seen.map_or(total, |seen| seen.largest_total.max(total));
        paid_once(books, order, largest, impostors, &mut findings);
        let rows = transactions(books, order);
        if let Some(seen) = seen {
            if rank((*order.status).into()) < rank(&seen.status) {
                findings.push(format!(
                    "order {} was {}, and is {}",
                    order.id, seen.status, order.status
                ));
            }
            let partly = seen.partly_authorized;
            if matches!(*order.status, OrderStatus::Placed | OrderStatus::Approved)
                && !partly
                && !is_covered(&rows, total)
            {
                findings.push(format!(
                    "order {} is {}, but no payment covers its {total}",
                    order.id, order.status
                ));
            }
        }
    }
    findings
}

/// Orders whose payment status differs from that of their transactions.
pub fn statuses(books: &Books) -> Vec<String> {
    let orders = books.orders.iter();
    let differs = orders.filter_map(|order| {
        let (has, expected) = (
            order.payment_status.to_string(),
            payment_status(&transactions(books, order), total(order)),
        );
        (has != expected).then(|| format!("order {} is {has}, its transactions say {expected}", order.id))
    });
    differs.collect()
}

fn total(order: &OrderRow) -> i64 {
    order.subtotal_amount_cents + order.payment_method_amount_cents
}

fn transactions<'a>(books: &'a Books, order: &OrderRow) -> Vec<&'a TransactionRow> {
    let rows = books.transactions.iter();
    rows.filter(|row| row.order_id == order.id).collect()
}

/// Whether an authorization of the order was ever for its total.
fn is_covered(rows: &[&TransactionRow], total: i64) -> bool {
    let authorized = |row: &&&TransactionRow| {
        row.kind == TransactionKind::Authorizations && row.status == TransactionStatus::Succeeded
    };
    rows.iter()
        .filter(authorized)
        .any(|row| row.amount_cents >= total)
}

/// The PSPs never hold more for an order than it has ever cost. A late authorization of a payment that was given up is held until
/// it is released; another check covers the release.
fn paid_once(
    books: &Books,
    order: &OrderRow,
    largest: i64,
    impostors: &BTreeSet<String>,
    findings: &mut Vec<String>,
) {
    let of_order = books.sources.iter().filter(|source| source.order_id == order.id);
    let given_up: BTreeSet<&String> = of_order
        .clone()
        .filter(|source| is_given_up(source))
        .filter_map(|source| source.psp_id.as_ref())
        .collect();
    let by_source = of_order.filter_map(|source| source.psp_id.as_ref());
    let of_order = books.transactions.iter().filter(|row| row.order_id == order.id);
    let by_transaction = of_order.filter_map(|row| row.token.as_ref());
    let payments: BTreeSet<&String> = by_source.chain(by_transaction).collect();
    let (mut held, mut captured, mut most_held, mut most_captured) = (0, 0, 0, 0);
    let mut refunds: BTreeMap<&String, i64> = BTreeMap::new();
    for entry in books
        .psp
        .iter()
        .filter(|entry| payments.contains(&entry.payment_id) && !impostors.contains(&entry.payment_id))
    {
        let is_released = given_up.contains(&entry.payment_id);
        match entry.kind {
            LedgerKind::Authorize | LedgerKind::Void | LedgerKind::Release | LedgerKind::Expire
                if is_released => {}
            LedgerKind::Authorize => held += entry.amount,
            // Captures in the dashboard are the merchant's responsibility.
            LedgerKind::Capture if dashboard::has_done(entry) => {}
            LedgerKind::Capture => captured += entry.amount,
            LedgerKind::Void | LedgerKind::Release | LedgerKind::Expire => held -= entry.amount,
            LedgerKind::Refund => {
                held -= if is_released { 0 } else { entry.amount };
                captured -= entry.amount;
                *refunds.entry(&entry.payment_id).or_default() += entry.amount;
            }
            // The merchant has the money again, even if the order was paid in another way meanwhile.
            LedgerKind::RefundFailure => {}
        }
        most_held = most_held.max(held);
        most_captured = most_captured.max(captured);
    }
    if most_captured > largest {
        findings.push(format!(
            "order {} was charged {most_captured} of {largest}",
            order.id
        ));
    }
    if most_held > largest {
        findings.push(format!(
            "{most_held} were held for order {} of {largest}",
            order.id
        ));
    }
}

/// The status that follows from an order's transactions.
fn payment_status(rows: &[&TransactionRow], total: i64) -> &'static str {
    let by_id: BTreeMap<&str, &TransactionRow> = rows.iter().map(|row| (row.id.as_str(), *row)).collect();
    let is_canceled = |row: &TransactionRow| {
        let mut present = Some(row);
        while let Some(row) = present {
            if row.canceled {
                return true;
            }
            present = row.parent_id.as_deref().and_then(|id| by_id.get(id)).copied();
        }
        false
    };
    let sum = |kind: TransactionKind| -> i64 {
        let counted = rows.iter().filter(|row| {
            row.kind == kind && row.status == TransactionStatus::Succeeded && !is_canceled(row)
        });
        counted.map(|row| row.amount_cents).sum()
    };
    let (authorized, captured, voided, refunded) = (
        sum(TransactionKind::Authorizations),
        sum(TransactionKind::Captures),
        sum(TransactionKind::Voids),
        sum(TransactionKind::Refunds),
    );
    let held = authorized - voided;
    if captured > 0 {
        return match refunded {
            _ if refunded >= captured && authorized <= captured + voided => "refunded",
            1.. => "partially_refunded",
            _ if captured >= total => "paid",
            _ => "partially_paid",
        };
    }
    match (held, voided) {
        (1.., _) if held >= total => "authorized",
        (1.., 1..) => "partially_voided",
        (1.., _) => "partially_authorized",
        (_, 1..) => "voided",
        _ if total == 0 => "free",
        _ => "unpaid",
    }
}
