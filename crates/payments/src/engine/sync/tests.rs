//! What becomes of a call whose outcome is not known, against the sandbox in process and with a clock that the test moves.

use chrono::TimeDelta;
use serde_json::json;
use tillgate_sandbox::{Fault, FaultKind};

use crate::{stuck, test_support::world::World};

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
