//! What goes, when, and what never does.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::webhooks::tests::world::World;

fn customer(name: &str) -> Value {
    json!({"type": "customers", "attributes": {"email": format!("{name}@customers.example.com")}})
}

#[tokio::test]
async fn idempotency_keys_go_a_day_after_they_were_first_sent() {
    let world = World::new().await;
    // More than one step.
    for number in 0..600 {
        let name = format!("ada{number}");
        world
            .create_with_key(&name, "customers", customer(&name))
            .await
            .unwrap();
    }
    // A refusal is kept as long.
    world
        .create_with_key(
            "refused",
            "customers",
            json!({"type": "customers", "attributes": {"colour": 1}}),
        )
        .await
        .unwrap_err();
    world.advance(TimeDelta::hours(24));
    assert_eq!(world.purge().await, BTreeMap::new());
    let again = world.create_with_key("ada0", "customers", customer("ada0")).await;
    assert!(again.unwrap().replayed);
    world.advance(TimeDelta::seconds(1));
    world
        .create_with_key("young", "customers", customer("young"))
        .await
        .unwrap();
    assert_eq!(world.purge().await, BTreeMap::from([("idempotency_keys", 601)]));
    assert_eq!(world.purge().await, BTreeMap::new());
    let again = world
        .create_with_key("young", "customers", customer("young"))
        .await;
    assert!(again.unwrap().replayed);
}

#[tokio::test]
async fn a_call_without_an_outcome_and_its_key_stay_at_any_age() {
    let world = World::new().await;
    world.hold_back();
    let payment = json!({
        "type": "stripe_payments", "attributes": {},
        "relationships": {"order": {"data": {"type": "orders", "id": world.order}}}
    });
    world
        .create_with_key("lost", "stripe_payments", payment.clone())
        .await
        .unwrap_err();
    world.advance(TimeDelta::days(4000));
    assert_eq!(world.purge().await, BTreeMap::new());
    // The key still means this request: it is answered or in use, and never a second payment.
    let again = world.create_with_key("lost", "stripe_payments", payment).await;
    assert!(again.is_err() || again.is_ok_and(|answer| answer.replayed));
}

#[tokio::test]
async fn events_of_psps_and_sent_requests_go_after_the_operators_time() {
    let world = World::new().await;
    world.authorized().await;
    world.advance(TimeDelta::days(90));
    assert_eq!(world.purge().await, BTreeMap::new());
    world.advance(TimeDelta::seconds(1));
    let purged = world.purge().await;
    assert_eq!(
        purged.keys().copied().collect::<Vec<_>>(),
        ["gateway_events", "gateway_operations"]
    );
    assert_eq!(world.purge().await, BTreeMap::new());
    // What has happened goes on from there.
    world.capture().await;
    world.hear().await;
    assert_eq!(world.payment_status().await, "paid");
}
