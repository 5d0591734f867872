//! Obstacle to an attempt to pay × state of the source.

use strum::VariantArray as _;
use tillgate_model::resources::TransactionKind;
use tillgate_store::{OperationKind, SourceState, TransactionStatus};

use super::{Scene, TOTAL, add, assert_table, choose_card, codes, ledger, open_call};
use crate::{engine::authorize, providers::operation::Progress};

/// Obstacles to an attempt, in any state.
const OBSTACLES: [&str; 7] = [
    "nothing",
    "an open call",
    "a flag",
    "another source",
    "a hold of another source",
    "more than the total",
    "too many declines",
];

#[tokio::test]
async fn an_attempt_is_made_only_where_nothing_stands_against_it() {
    let scene = Scene::new().await;
    let request = scene.world.request();
    let mut table = Vec::new();
    for obstacle in OBSTACLES {
        for state in SourceState::VARIANTS {
            let request = request.clone();
            let cell = scene.cell(*state, async move |tx, context, payment| {
                choose_card(payment);
                let mut amount = None;
                match obstacle {
                    "an open call" => {
                        let call = open_call(tx, context, payment, OperationKind::Update, None);
                        call.await.unwrap();
                    }
                    "a flag" => payment.source.mismatch = Some("amount".into()),
                    "another source" => payment.order.payment_source_id = None,
                    "a hold of another source" => {
                        let held = (
                            TransactionKind::Authorizations,
                            TransactionStatus::Succeeded,
                            TOTAL,
                        );
                        let mut row = add(tx, context, payment, held, None).await.unwrap();
                        row.payment_source_id = context.new_id().to_string();
                        payment.put(tx, row).await.unwrap();
                    }
                    "more than the total" => amount = Some(TOTAL + 1),
                    "too many declines" => {
                        for _ in 0..5 {
                            let declined =
                                (TransactionKind::Authorizations, TransactionStatus::Failed, TOTAL);
                            add(tx, context, payment, declined, None).await.unwrap();
                        }
                    }
                    _ => {}
                }
                let before = ledger(payment);
                match authorize::begin(tx, &request, payment, amount, "/data/attributes/_authorize").await {
                    Ok(Progress::CallPsp(call)) => {
                        assert_eq!(
                            payment.source.pending_operation_id.as_ref(),
                            Some(&call.operation.id)
                        );
                        format!("{}, {}", call.kind, ledger(payment))
                    }
                    Ok(Progress::Done(_)) => "done".into(),
                    Err(failure) => {
                        assert_eq!(ledger(payment), before, "a refused attempt changes nothing");
                        codes(failure)
                    }
                }
            });
            table.push(format!("{obstacle}, {state}: {}", cell.await));
        }
    }
    assert_table(&table, include_str!("authorize.txt"));
}
