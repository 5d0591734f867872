//! Resolving calls with unknown outcomes, against the sandbox in process and with a clock that the test moves.

use chrono::TimeDelta;
use serde_json::json;
use tillgate_model::{Id, resources::TransactionKind};
use tillgate_sandbox::{Fault, FaultKind};
use tillgate_store::{TransactionRow, Tx, send};

use crate::{failure::Failure, payment::locked::LockedPayment, stuck, test_support::world::World};

#[tokio::test]
async fn an_answer_from_before_the_key_was_forgotten_does_not_say_that_nothing_will_happen() {
    let world = World::new().await;
    world.authorized().await;
    world.hold_back();
    let capture = world.capture().await;
    // The machine sleeps while the answer is on its way, and the capture arrives.
    world.let_arrive_behind(TimeDelta::hours(25));
    world.advance(TimeDelta::minutes(1));
    assert_eq!(world.service.recover_once().await, 1);
    drop(world.sent());
    world.advance(TimeDelta::hours(1));
    assert_eq!(world.service.recover_once().await, 1);
    assert_eq!(world.attributes("captures", &capture).await["succeeded"], true);
    assert_eq!(world.payment_status().await, "paid");
}

#[tokio::test]
async fn impatient_requests_leave_no_call_to_a_person() {
    let world = World::new().await;
    let payment = world.authorized().await;
    world.psp.add_fault(Fault::new(FaultKind::DropBefore)).unwrap();
    world.capture().await;
    for _ in 0..30 {
        world.advance(TimeDelta::minutes(1));
        world
            .update("stripe_payments", &payment, json!({"_refresh": true}))
            .await;
    }
    let context = world.service.context();
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 0);
    world.psp.clear_faults();
    world.advance(TimeDelta::minutes(36));
    assert_eq!(world.service.recover_once().await, 1);
    assert_eq!(world.payment_status().await, "paid");
}

#[tokio::test]
async fn a_call_is_left_to_a_person_after_five_days() {
    let world = World::new().await;
    world.authorized().await;
    world.psp.add_fault(Fault::new(FaultKind::DropBefore)).unwrap();
    world.capture().await;
    let context = world.service.context();
    let mut looks = 0;
    for _ in 0..5 * 24 * 60 - 1 {
        looks += world.service.recover_once().await;
        world.advance(TimeDelta::minutes(1));
    }
    assert!((8..20).contains(&looks), "{looks}");
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 0);
    for _ in 0..48 {
        world.advance(TimeDelta::hours(1));
        world.service.recover_once().await;
    }
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 1);
    world.advance(TimeDelta::days(30));
    assert_eq!(world.service.recover_once().await, 0);
}

/// Changes a payment source and its order by hand.
async fn tamper(world: &World, source: &str, change: impl Fn(&mut LockedPayment) + Send + 'static) {
    let context = world.service.context().clone();
    let (scope, id): (_, Id) = (world.scope().clone(), source.parse().unwrap());
    let (db, world) = (context.db.clone(), context);
    db.write(async move |tx: &mut Tx<'_>| {
        let mut payment = LockedPayment::lock(tx, &scope, &id).await?;
        change(&mut payment);
        payment.save(tx, &world).await?;
        Ok::<_, Failure>(())
    })
    .await
    .unwrap();
}

/// An outcome that can't be committed is not checked forever.
#[tokio::test]
async fn an_outcome_that_can_t_be_committed_is_left_to_a_person() {
    let world = World::new().await;
    let payment = world.authorized().await;
    world.psp.add_fault(Fault::new(FaultKind::DropBefore)).unwrap();
    world.capture().await;
    world.psp.clear_faults();
    // No snapshot can be applied: the currency is unreadable.
    tamper(&world, &payment, |payment| {
        payment.source.currency_code = "???".into()
    })
    .await;
    let context = world.service.context();
    let mut looks = 0;
    for _ in 0..6 * 24 * 60 {
        looks += world.service.recover_once().await;
        world.advance(TimeDelta::minutes(1));
    }
    assert!((8..20).contains(&looks), "{looks}");
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 1);
    world.advance(TimeDelta::days(30));
    assert_eq!(world.service.recover_once().await, 0);
}

#[tokio::test]
async fn a_late_authorization_is_put_back_only_if_the_gateway_says_so() {
    for is_put_back in [true, false] {
        let world = World::new().await;
        let setting = json!({"force_payments": is_put_back});
        world.update("stripe_gateways", &world.gateway, setting).await;
        let (payment, _) = world.payment().await;
        tamper(&world, &payment, |payment| {
            payment.order.payment_source_type = None;
            payment.order.payment_source_id = None;
        })
        .await;
        world.confirm(&payment, "pm_card_visa").await;
        world.receive_events().await;
        let order = world.attributes("orders", &world.order).await;
        assert_eq!(order["status"], "pending");
        if is_put_back {
            assert_eq!(world.payment_status().await, "authorized");
            assert_eq!(world.count("voids").await, 0);
            world
                .update("orders", &world.order, json!({"_place": true}))
                .await;
        } else {
            assert_eq!(world.payment_status().await, "voided");
            let void = world.first("voids").await;
            assert_eq!(world.attributes("voids", &void).await["amount_cents"], 1_000);
            world.payment().await;
        }
    }
}

/// Lets the PSP answer 404 for every payment.
fn lose_payments(world: &World) {
    let mut fault = Fault::new(FaultKind::Error);
    fault.path_prefix = Some("/v1/payment_intents/".into());
    fault.status = Some(404);
    world.psp.add_fault(fault).unwrap();
}

#[tokio::test]
async fn a_missing_payment_is_flagged_and_read_once_a_day() {
    let world = World::new().await;
    let payment = world.authorized().await;
    lose_payments(&world);
    let context = world.service.context();
    let mut looks = 0;
    for _ in 0..10 * 24 {
        world.advance(TimeDelta::hours(1));
        looks += world.service.watch_once().await;
    }
    assert!((8..=11).contains(&looks), "{looks}");
    let stuck = stuck::list(context).await.unwrap();
    assert_eq!(stuck.mismatches.len(), 1);
    assert_eq!(stuck.mismatches[0].differences, "missing");
    let placed = world
        .try_update("orders", &world.order, json!({"_place": true}))
        .await;
    assert_eq!(placed.err().map(|problems| problems.status()), Some(422));
    // The gateway had another account's keys for a while.
    world.psp.clear_faults();
    world
        .update("stripe_payments", &payment, json!({"_refresh": true}))
        .await;
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 0);
}

#[tokio::test]
async fn a_payment_that_is_gone_before_it_was_paid_is_in_nobodys_way() {
    let world = World::new().await;
    world.payment().await;
    lose_payments(&world);
    for _ in 0..9 * 24 {
        world.advance(TimeDelta::hours(1));
        world.service.watch_once().await;
    }
    let context = world.service.context();
    assert_eq!(stuck::list(context).await.unwrap().flagged(), 0);
    world.advance(TimeDelta::days(30));
    assert_eq!(world.service.watch_once().await, 0);
    world.psp.clear_faults();
    world.payment().await;
}

/// Adds another payment of the order with an open call: authorized, or captured as well.
async fn add_undecided_payment(world: &World, source: &str, is_captured: bool) {
    let context = world.service.context().clone();
    let (scope, id): (_, Id) = (world.scope().clone(), source.parse().unwrap());
    let db = context.db.clone();
    db.write(async move |tx: &mut Tx<'_>| {
        let mut payment = LockedPayment::lock(tx, &scope, &id).await?;
        let mut other = payment.source.clone();
        other.id = context.new_id().to_string();
        other.psp_id = Some("pi_other".into());
        other.pending_operation_id = Some(context.new_id().to_string());
        send!(tx, payment_sources::insert(other.clone()))?;
        let mut row = payment.authorizations().next().unwrap().clone();
        if !is_captured {
            // Both authorizations are needed for the total.
            let smaller = TransactionRow {
                amount_cents: 400,
                ..row.clone()
            };
            payment.put(tx, smaller).await?;
        }
        row.id = context.new_id().to_string();
        row.number += "/other";
        row.payment_source_id = other.id;
        send!(tx, transactions::insert(row.clone()))?;
        if is_captured {
            let capture = TransactionRow {
                id: context.new_id().to_string(),
                number: row.number.clone() + "/capture",
                kind: TransactionKind::Captures.into(),
                parent_id: Some(row.id.clone()),
                ..row
            };
            send!(tx, transactions::insert(capture))?;
        }
        Ok::<_, Failure>(())
    })
    .await
    .unwrap();
}

/// A trigger is refused before its first step, which can't be undone, if a later step is impossible.
#[tokio::test]
async fn a_trigger_whose_later_step_is_blocked_does_nothing() {
    for (trigger, is_captured) in [("_capture", false), ("_cancel", false), ("_refund", true)] {
        let world = World::new().await;
        let payment = world.authorized().await;
        for step in ["_place", "_approve"] {
            world.update("orders", &world.order, json!({ step: true })).await;
        }
        if is_captured {
            world.capture().await;
            world.receive_events().await;
        }
        add_undecided_payment(&world, &payment, is_captured).await;
        let before = world.psp.ledger().len();
        let refused = world
            .try_update("orders", &world.order, json!({ trigger: true }))
            .await;
        let refused = refused.map(|answer| answer.status).unwrap_err();
        assert!(
            format!("{refused:?}").contains("payment_pending"),
            "{trigger}: {refused:?}"
        );
        assert_eq!(world.psp.ledger().len(), before, "{trigger}");
    }
}
