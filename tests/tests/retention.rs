//! Expired data is deleted automatically. Unit tests cover SQLite, whose file is the service's alone.

use std::time::{Duration, Instant};

use serde_json::json;
use tillgate_tests::{Service, Story, Vendor, body, wait};

/// Time limit for the service's check.
const LIMIT: Duration = Duration::from_secs(60);

async fn count(service: &Service, of: &str) -> u64 {
    let counted = service
        .run_in_database(&format!("SELECT count(*) FROM {of}"))
        .await;
    counted.and_then(|text| text.parse().ok()).expect("a number")
}

async fn until_gone(service: &Service, of: &str) {
    let deadline = Instant::now() + LIMIT;
    while count(service, of).await > 0 {
        assert!(Instant::now() < deadline, "{of} is not empty");
        let _: Option<()> = wait::until(Duration::from_millis(100), || None).await;
    }
}

#[tokio::test]
async fn what_is_finished_and_old_goes_and_all_else_stays() {
    let mut story = Story::start().await;
    let vendor = Vendor::Stripe;
    let order = story.shop.order(1_000).await;
    let call = story.api.call("POST", &format!("/api/{}", vendor.source()));
    let call = call.header("Idempotency-Key", "old");
    let payment = call.json(&body(vendor, &order, &vendor.approved()));
    let _ = payment.send().await.expect(201);
    let refused = story
        .api
        .call("POST", "/api/orders")
        .header("Idempotency-Key", "refused");
    let colour = json!({"data": {"type": "orders", "attributes": {"colour": 1}}});
    let _ = refused.json(&colour).send().await.expect(400);
    if story.service.run_in_database("SELECT '1'").await.is_none() {
        return;
    }
    let age = "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours';
        INSERT INTO idempotency_keys (organization_id, test, application_id, key, fingerprint, created_at)
          SELECT organization_id, test, application_id, 'open', fingerprint, created_at - interval '10 years'
          FROM idempotency_keys LIMIT 1;
        UPDATE gateway_operations SET finished_at = finished_at - interval '100 days';
        INSERT INTO gateway_events (organization_id, test, id, created_at, updated_at, metadata, payment_gateway_id, event_id,
            kind, body, attempts)
          SELECT organization_id, test, 'old', created_at - interval '100 days', created_at, '{}', id, 'old', 'kind', 'body', 1
          FROM payment_gateways LIMIT 1";
    story.service.run_in_database(age).await;
    let operations = count(&story.service, "gateway_operations").await;
    assert!(operations > 0);
    assert!(story.service.terminate().await.success());
    story.service.restart().await;
    until_gone(&story.service, "idempotency_keys WHERE finished_at IS NOT NULL").await;
    until_gone(&story.service, "gateway_events WHERE id = 'old'").await;
    until_gone(&story.service, "gateway_operations WHERE request <> ''").await;
    assert_eq!(count(&story.service, "idempotency_keys").await, 1);
    assert_eq!(count(&story.service, "gateway_operations").await, operations);
    for trigger in ["_authorize", "_place", "_approve"] {
        let _ = story.pull(&order, trigger).await.expect(200);
    }
    let _ = story.pull(&order, "_capture").await.expect(200);
}
