//! Call to the PSP × outcome.

use tillgate_gateways::{Action, PaymentStatus, RefusalKind};
use tillgate_model::resources::TransactionKind;
use tillgate_store::{OperationKind, SourceState, TransactionStatus};

use super::{Scene, TOTAL, add, assert_table, decline, euros, ledger, open_call, refusal};
use crate::{
    engine::record_outcome::{Recorded, record_outcome},
    providers::operation::Outcome,
};

/// The calls: the state of the source before, and the pending transaction.
const CALLS: [(OperationKind, SourceState, Option<TransactionKind>); 6] = [
    (
        OperationKind::Confirm,
        SourceState::Unconfirmed,
        Some(TransactionKind::Authorizations),
    ),
    (OperationKind::Update, SourceState::Unconfirmed, None),
    (OperationKind::Cancel, SourceState::Unconfirmed, None),
    (
        OperationKind::Cancel,
        SourceState::Authorized,
        Some(TransactionKind::Voids),
    ),
    (
        OperationKind::Capture,
        SourceState::Authorized,
        Some(TransactionKind::Captures),
    ),
    (
        OperationKind::Refund,
        SourceState::Captured,
        Some(TransactionKind::Refunds),
    ),
];

const OUTCOMES: [&str; 9] = [
    "done",
    "acted",
    "accepted",
    "failed",
    "overtaken",
    "refused",
    "not allowed",
    "not sent",
    "unknown",
];

/// The payment after a successful call.
fn after(kind: OperationKind, state: SourceState) -> PaymentStatus {
    match (kind, state) {
        (OperationKind::Confirm, _) => PaymentStatus::Authorized,
        (OperationKind::Cancel, _) => PaymentStatus::Canceled,
        (OperationKind::Capture, _) => PaymentStatus::Captured,
        (OperationKind::Refund, _) => PaymentStatus::Refunded,
        _ => PaymentStatus::RequiresConfirmation,
    }
}

/// The payment after a call without effect.
fn before(state: SourceState) -> PaymentStatus {
    match state {
        SourceState::Authorized => PaymentStatus::Authorized,
        SourceState::Captured => PaymentStatus::Captured,
        _ => PaymentStatus::RequiresConfirmation,
    }
}

#[tokio::test]
async fn each_outcome_of_each_call_is_recorded() {
    let scene = Scene::new().await;
    let mut table = Vec::new();
    for (kind, state, transaction) in CALLS {
        for name in OUTCOMES {
            // Only captures, voids and refunds have these outcomes.
            if transaction.is_none_or(|kind| kind == TransactionKind::Authorizations)
                && ["acted", "accepted", "failed"].contains(&name)
            {
                continue;
            }
            let (done, undone) = (
                Box::new(scene.snapshot(after(kind, state))),
                Box::new(scene.snapshot(before(state))),
            );
            let cell = scene.cell(state, async move |tx, context, payment| {
                let row = match transaction {
                    Some(kind) => {
                        let parent = payment.ledger.rows().last().cloned();
                        let pending = (kind, TransactionStatus::Pending, TOTAL);
                        Some(add(tx, context, payment, pending, parent.as_ref()).await.unwrap())
                    }
                    None => None,
                };
                let call = open_call(tx, context, payment, kind, row).await.unwrap();
                payment.save(tx, context).await.unwrap();
                let action = Action {
                    id: Some("re_1".into()),
                    amount: euros(TOTAL),
                    payment: None,
                };
                let outcome = match name {
                    "done" => Outcome::Done(done),
                    "acted" => Outcome::Acted(action),
                    "accepted" => Outcome::Accepted(action),
                    "failed" => Outcome::Failed(decline("expired_card")),
                    "overtaken" => Outcome::Overtaken(decline("payment_changed"), undone),
                    "refused" => Outcome::Refused(refusal(RefusalKind::InvalidRequest)),
                    "not allowed" => Outcome::NotAllowed(refusal(RefusalKind::Conflict), undone),
                    "not sent" => Outcome::NotSent("no connection".into()),
                    _ => Outcome::Unknown("the answer was lost".into()),
                };
                let Recorded {
                    payment,
                    finished,
                    was_open,
                    ..
                } = record_outcome(tx, context, &call, &outcome).await.unwrap();
                assert!(was_open);
                assert_eq!(payment.source.pending_operation_id.is_none(), finished);
                let end = if finished { "finished" } else { "open" };
                let order = *payment.order.payment_status;
                let line = format!(
                    "{end}, {}, {}, order {order}",
                    payment.source.state,
                    ledger(&payment)
                );
                // Another worker that comes later changes nothing.
                let again = record_outcome(tx, context, &call, &outcome).await.unwrap();
                if finished {
                    assert!(!again.was_open);
                    assert_eq!(ledger(&again.payment), ledger(&payment));
                }
                line
            });
            let waits = transaction.map_or_else(|| "no transaction".into(), |kind| kind.to_string());
            table.push(format!("{kind} with {waits}, {name}: {}", cell.await));
        }
    }
    assert_table(&table, include_str!("record_outcome.txt"));
}
