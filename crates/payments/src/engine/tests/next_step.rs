//! Goal of a trigger × state of the source.

use strum::VariantArray as _;
use tillgate_store::{Goal, SourceState};

use super::{Scene, assert_table, choose_card, codes, ledger};
use crate::engine::next_step::take_next_steps;

const GOALS: [Option<Goal>; 8] = [
    None,
    Some(Goal::Authorize),
    Some(Goal::Authenticate),
    Some(Goal::Renew),
    Some(Goal::Capture),
    Some(Goal::Refund),
    Some(Goal::CancelOrder),
    Some(Goal::Unpay),
];

async fn table(scene: &Scene, change: fn(&mut crate::payment::locked::LockedPayment)) -> Vec<String> {
    let mut table = Vec::new();
    for goal in GOALS {
        for state in SourceState::VARIANTS {
            let cell = scene.cell(*state, async move |tx, context, payment| {
                choose_card(payment);
                change(payment);
                match take_next_steps(tx, context, payment, goal).await {
                    Ok(Some(call)) => format!("{}, {}", call.kind, ledger(payment)),
                    Ok(None) => "nothing".into(),
                    Err(failure) => format!("refused: {}", codes(failure)),
                }
            });
            let goal = goal.map_or_else(|| "no goal".into(), |goal| format!("{goal:?}"));
            table.push(format!("{goal}, {state}: {}", cell.await));
        }
    }
    table
}

#[tokio::test]
async fn each_goal_takes_the_step_that_the_state_allows() {
    let scene = Scene::new().await;
    assert_table(&table(&scene, |_| {}).await, include_str!("next_step.txt"));
}

/// An open call comes first, and a payment that differs from the request moves no money automatically.
#[tokio::test]
async fn nothing_follows_while_a_call_is_open_or_the_payment_is_flagged() {
    let scene = Scene::new().await;
    let open = table(&scene, |payment| {
        payment.source.pending_operation_id = Some("open".into())
    })
    .await;
    assert!(open.iter().all(|line| line.ends_with(": nothing")), "{open:#?}");
    let flagged = table(&scene, |payment| payment.source.mismatch = Some("amount".into())).await;
    let takes = flagged.iter().filter(|line| {
        !["Refund", "CancelOrder", "Unpay"]
            .iter()
            .any(|goal| line.starts_with(goal))
    });
    for line in takes {
        assert!(line.ends_with(": nothing"), "{line}");
    }
}

/// The hold of a replaced source is released, whatever the goal.
#[tokio::test]
async fn a_replaced_source_gives_its_hold_back() {
    let scene = Scene::new().await;
    let replaced = table(&scene, |payment| payment.order.payment_source_id = None).await;
    let of_none: Vec<&String> = replaced
        .iter()
        .filter(|line| line.starts_with("no goal"))
        .collect();
    for line in of_none {
        let releases = line.contains("authorized: cancel");
        assert!(releases || line.ends_with(": nothing"), "{line}");
    }
}
