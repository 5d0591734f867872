//! State of the source × status that the PSP shows.

use strum::VariantArray as _;
use tillgate_gateways::PaymentStatus;
use tillgate_store::SourceState;

use super::{Scene, assert_table, ledger};
use crate::engine::apply::apply;

const SHOWN: [PaymentStatus; 12] = [
    PaymentStatus::RequiresInstrument,
    PaymentStatus::RequiresConfirmation,
    PaymentStatus::RequiresAction,
    PaymentStatus::Processing,
    PaymentStatus::Authorized,
    PaymentStatus::PartiallyCaptured,
    PaymentStatus::Captured,
    PaymentStatus::PartiallyRefunded,
    PaymentStatus::Refunded,
    PaymentStatus::Declined,
    PaymentStatus::Canceled,
    PaymentStatus::Expired,
];

#[tokio::test]
async fn a_payment_becomes_what_its_psp_shows_and_never_goes_back() {
    let scene = Scene::new().await;
    let mut table = Vec::new();
    for state in SourceState::VARIANTS {
        for status in SHOWN {
            let shown = scene.snapshot(status.clone());
            let cell = scene.cell(*state, async move |tx, context, payment| {
                let before = (payment.source.state, ledger(payment));
                apply(tx, context, payment, &shown, false).await.unwrap();
                if (payment.source.state, ledger(payment)) == before {
                    return "unchanged".into();
                }
                let (state, order) = (payment.source.state, payment.order.payment_status);
                format!("{state}, {}, order {}", ledger(payment), *order)
            });
            table.push(format!("{state} + {status:?}: {}", cell.await));
        }
    }
    assert_table(&table, include_str!("apply.txt"));
}

#[tokio::test]
async fn another_payment_changes_nothing() {
    let scene = Scene::new().await;
    for state in SourceState::VARIANTS {
        for status in SHOWN {
            let mut shown = scene.snapshot(status);
            shown.psp_id = "pi_another".into();
            let cell = scene.cell(*state, async move |tx, context, payment| {
                let before = (payment.source.clone(), ledger(payment));
                apply(tx, context, payment, &shown, false).await.unwrap();
                assert!(before == (payment.source.clone(), ledger(payment)), "{shown:?}");
                String::new()
            });
            cell.await;
        }
    }
}

/// A payment that differs from the request never moves money here: the difference is flagged.
#[tokio::test]
async fn what_was_not_asked_for_is_flagged() {
    let scene = Scene::new().await;
    let mut table = Vec::new();
    type Change = fn(&mut tillgate_gateways::PaymentSnapshot);
    let changes: [(&str, Change); 5] = [
        ("amount", |shown| shown.amount = super::euros(999)),
        ("live mode", |shown| shown.live = Some(true)),
        ("order", |shown| shown.order_id = Some("another".into())),
        ("account", |shown| shown.account = Some("acct_another".into())),
        ("capture", |shown| {
            shown.capture = Some(tillgate_gateways::CaptureMethod::Automatic)
        }),
    ];
    for (name, change) in changes {
        for status in [PaymentStatus::Authorized, PaymentStatus::Captured] {
            let mut shown = scene.snapshot(status.clone());
            change(&mut shown);
            let cell = scene.cell(SourceState::Unconfirmed, async move |tx, context, payment| {
                payment.terms.connected_account = Some("acct_ours".into());
                apply(tx, context, payment, &shown, false).await.unwrap();
                let flagged = payment.source.mismatch.clone().unwrap_or_else(|| "no".into());
                let order = *payment.order.payment_status;
                format!(
                    "{}, {}, flagged {flagged}, order {order}",
                    payment.source.state,
                    ledger(payment)
                )
            });
            table.push(format!("{name}, {status:?}: {}", cell.await));
        }
    }
    assert_table(&table, include_str!("flagged.txt"));
}
