//! Nothing is left open: after a month without faults every payment is decided, waits for a known time, or is flagged for an
//! operator.

use tillgate_model::resources::OrderStatus;
use tillgate_store::{PaymentSourceRow, SourceState, TransactionStatus};

use super::Books;
use crate::notes::Notes;

/// Time in which the outcome of a call is checked, before it is flagged for an operator.
const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::days(5);
const LOOKS: i32 = 10;

/// Payments and calls that are left open.
pub fn check(books: &Books, _: &Notes) -> Vec<String> {
    let mut findings = Vec::new();
    for operation in books
        .operations
        .iter()
        .filter(|operation| operation.finished_at.is_none())
    {
        if let Some(flagged) = operation.flagged_at
            && (operation.attempts < LOOKS || flagged - operation.sent_at < PATIENCE)
        {
            findings.push(format!(
                "the {} {} was left to an operator after {} checks, {} after it was sent",
                operation.kind,
                operation.id,
                operation.attempts,
                flagged - operation.sent_at
            ));
        }
        // The PSPs have answered all requests for weeks.
        if operation.flagged_at.is_some() {
            findings.push(format!(
                "the {} {} was left to an operator, but its outcome can be found",
                operation.kind, operation.id
            ));
        }
        if operation.flagged_at.is_none() {
            findings.push(format!(
                "the {} {} of {} is open after {} checks, the next one at {:?}",
                operation.kind,
                operation.id,
                operation.payment_source_id,
                operation.attempts,
                operation.next_attempt_at
            ));
        }
    }
    sources(books, &mut findings);
    findings.extend(given_up(books));
    for row in books
        .transactions
        .iter()
        .filter(|row| row.status == TransactionStatus::Pending)
    {
        let source = books
            .sources
            .iter()
            .find(|source| source.id == row.payment_source_id);
        let waits = source.is_some_and(|source| {
            source.pending_operation_id.is_some()
                || is_left_to_a_person(source)
                || matches!(
                    source.state,
                    SourceState::RequiresAction | SourceState::Processing
                )
        });
        if !waits {
            findings.push(format!(
                "{}/{} is pending, but no call is in progress",
                row.kind, row.id
            ));
        }
    }
    orders(books, &mut findings);
    for event in &books.events {
        if event.processed_at.is_none() && event.flagged_at.is_none() && event.next_attempt_at.is_none() {
            findings.push(format!("the event {} is forgotten", event.event_id));
        }
    }
    findings
}

fn sources(books: &Books, findings: &mut Vec<String>) {
    for source in &books.sources {
        let open = books
            .operations
            .iter()
            .find(|operation| source.pending_operation_id.as_ref() == Some(&operation.id));
        let dangles = source.pending_operation_id.is_some()
            && open.is_none_or(|operation| operation.finished_at.is_some());
        if dangles {
            findings.push(format!(
                "{}/{} waits for a call that has ended",
                source.kind, source.id
            ));
        }
        let waits = match source.state {
            SourceState::Unconfirmed
            | SourceState::RequiresAction
            | SourceState::Processing
            | SourceState::Authorized => true,
            SourceState::Failed => source.client_secret.is_some(),
            SourceState::New | SourceState::Captured | SourceState::Canceled => false,
        };
        // A payment that the PSP showed as another one waits for an operator.
        if let Some(mismatch) = source.mismatch.as_ref().filter(|_| source.psp_id.is_some()) {
            findings.push(format!(
                "{}/{} differs from the request: {mismatch}",
                source.kind, source.id
            ));
        }
        if waits && source.check_at.is_none() && source.pending_operation_id.is_none() {
            findings.push(format!(
                "{}/{} is {}, but has no next check",
                source.kind, source.id, source.state
            ));
        }
    }
}

/// Payments that were given up, and still hold money.
pub fn given_up(books: &Books) -> Vec<String> {
    let holds = |source: &&PaymentSourceRow| {
        is_given_up(source)
            && source.state == SourceState::Authorized
            && source.pending_operation_id.is_none()
    };
    let found = books.sources.iter().filter(holds);
    found
        .map(|source| format!("{}/{} was given up, and holds money", source.kind, source.id))
        .collect()
}

fn orders(books: &Books, findings: &mut Vec<String>) {
    for order in books
        .orders
        .iter()
        .filter(|order| order.status == OrderStatus::Placing)
    {
        let source = books
            .sources
            .iter()
            .find(|source| order.payment_source_id.as_ref() == Some(&source.id));
        let waits = source.is_some_and(|source| {
            source.pending_operation_id.is_some()
                || is_left_to_a_person(source)
                || matches!(
                    source.state,
                    SourceState::RequiresAction | SourceState::Processing
                )
        });
        if !waits {
            findings.push(format!(
                "order {} is being placed, but no call is in progress",
                order.id
            ));
        }
    }
}

/// Whether the PSP showed the new payment as another one, so that it was not taken over.
fn is_left_to_a_person(source: &PaymentSourceRow) -> bool {
    source.mismatch.is_some() && source.psp_id.is_none()
}

/// Whether the payment was given up before its buyer finished it.
pub fn is_given_up(source: &PaymentSourceRow) -> bool {
    source.details.contains("\"given_up\":true")
}
