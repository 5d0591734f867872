//! Which data is deleted, when, and which is not.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tillgate_store::{IdempotencyKeyRow, Tx, query};

use crate::{stored::stored_time, test_support::world::World};

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

/// Claims a key, like a request that never gets to its answer.
async fn claim(world: &World, key: &str) {
    let context = world.service.context();
    let row = IdempotencyKeyRow {
        organization_id: world.organization_id().to_string(),
        test: true,
        application_id: "application".into(),
        owner_id: String::new(),
        key: key.into(),
        fingerprint: String::new(),
        created_at: stored_time(context.now()),
        finished_at: None,
        resource_type: None,
        resource_id: None,
        status: None,
        location: None,
        body: None,
    };
    let claimed = context
        .db
        .write(async move |tx: &mut Tx<'_>| query!(tx, idempotency_keys::claim(&row)))
        .await;
    assert!(claimed.unwrap());
}

#[tokio::test]
async fn a_call_without_an_outcome_and_a_key_without_an_answer_stay_at_any_age() {
    let world = World::new().await;
    world.authorized().await;
    world.hold_back();
    world.capture().await;
    claim(&world, "open").await;
    world.advance(TimeDelta::days(4000));
    let purged = world.purge().await;
    // The creation of the payment is finished, its capture is not.
    assert_eq!(purged.get("gateway_operations"), Some(&1));
    assert_eq!(purged.get("idempotency_keys"), None);
    // The sent request is still known.
    assert_eq!(world.service.recover_once().await, 1);
}

#[tokio::test]
async fn events_of_psps_and_sent_requests_go_after_the_operators_time() {
    let world = World::new().await;
    world.authorized().await;
    let capture = world.capture().await;
    world.receive_events().await;
    assert_eq!(world.payment_status().await, "paid");
    world.advance(TimeDelta::days(90));
    assert_eq!(world.purge().await, BTreeMap::new());
    world.advance(TimeDelta::seconds(1));
    let purged = world.purge().await;
    let tables: Vec<_> = purged.keys().copied().collect();
    assert_eq!(tables, ["gateway_events", "gateway_operations"]);
    assert_eq!(world.purge().await, BTreeMap::new());
    // The payment continues from there.
    let refund = json!({"_refund": true});
    world.update("captures", &capture, refund).await;
    world.receive_events().await;
    assert_eq!(world.payment_status().await, "refunded");
}
