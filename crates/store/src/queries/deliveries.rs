//! Deliveries to webhooks: the due ones, and their results.

use diesel::{dsl::exists, prelude::*};

use super::super::{Connection, RunQueryDsl};
use crate::{
    Called, EventDeliveryRow, Scope, StoreError, StoredTime, WebhookRow,
    rows::{event_callbacks, event_deliveries, webhooks},
};

/// The enabled webhooks of a topic.
pub async fn webhooks_of_topic(
    connection: &mut Connection,
    scope: &Scope,
    topic: &str,
) -> Result<Vec<WebhookRow>, StoreError> {
    let query = webhooks::table
        .filter(webhooks::organization_id.eq(scope.organization_id().as_str()))
        .filter(webhooks::test.eq(scope.test()))
        .filter(webhooks::topic.eq(topic))
        .filter(webhooks::disabled_at.is_null())
        .order((webhooks::created_at, webhooks::id))
        .select(WebhookRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// The webhooks of all organizations that have due deliveries, without those that are disabled or have an open circuit. The rows
/// have their scope.
pub async fn webhooks_with_due(
    connection: &mut Connection,
    now: StoredTime,
) -> Result<Vec<WebhookRow>, StoreError> {
    let due = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(webhooks::organization_id))
        .filter(event_deliveries::test.eq(webhooks::test))
        .filter(event_deliveries::webhook_id.eq(webhooks::id))
        .filter(event_deliveries::next_attempt_at.le(now));
    let query = webhooks::table
        .filter(webhooks::disabled_at.is_null())
        .filter(webhooks::circuit_state.eq("closed"))
        .filter(exists(due))
        .select(WebhookRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Deliveries of some ids.
pub async fn of_ids(
    connection: &mut Connection,
    scope: &Scope,
    ids: &[String],
) -> Result<Vec<EventDeliveryRow>, StoreError> {
    let query = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(scope.organization_id().as_str()))
        .filter(event_deliveries::test.eq(scope.test()))
        .filter(event_deliveries::id.eq_any(ids))
        .select(EventDeliveryRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Takes what is to be sent to a webhook by now, so that no other instance takes it before `until`. The rows are as they
/// were before they were taken.
pub async fn take_due(
    connection: &mut Connection,
    webhook: &WebhookRow,
    now: StoredTime,
    until: StoredTime,
    limit: i64,
) -> Result<Vec<EventDeliveryRow>, StoreError> {
    let query = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(&webhook.organization_id))
        .filter(event_deliveries::test.eq(webhook.test))
        .filter(event_deliveries::webhook_id.eq(&webhook.id))
        .filter(event_deliveries::next_attempt_at.le(now))
        .order((event_deliveries::next_attempt_at, event_deliveries::created_at))
        .limit(limit)
        .select(EventDeliveryRow::as_select());
    let due: Vec<EventDeliveryRow> = run!(skip_locked!(query).load(connection))?;
    let ids: Vec<&str> = due.iter().map(|row| row.id.as_str()).collect();
    let target = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(&webhook.organization_id))
        .filter(event_deliveries::test.eq(webhook.test))
        .filter(event_deliveries::id.eq_any(ids));
    let set = event_deliveries::next_attempt_at.eq(until);
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(due)
}

/// Records the result of a call. If another process has recorded an attempt meanwhile, the webhook was called twice: only the
/// call itself is recorded then.
pub async fn record(connection: &mut Connection, called: &Called) -> Result<bool, StoreError> {
    let callback = &called.callback;
    let target = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(&callback.organization_id))
        .filter(event_deliveries::test.eq(callback.test))
        .filter(event_deliveries::id.eq(&callback.delivery_id))
        .filter(event_deliveries::attempts.eq(called.attempts))
        .filter(event_deliveries::delivered_at.is_null());
    let set = (
        event_deliveries::updated_at.eq(callback.created_at),
        event_deliveries::attempts.eq(called.attempts + 1),
        event_deliveries::next_attempt_at.eq(called.next_attempt_at),
        event_deliveries::delivered_at.eq(called.delivered_at),
    );
    let counts = run!(diesel::update(target).set(set).execute(connection))? > 0;
    run!(
        diesel::insert_into(event_callbacks::table)
            .values(callback)
            .execute(connection)
    )?;
    Ok(counts)
}

/// Resets a webhook's failures after a success.
pub async fn forget_failures(connection: &mut Connection, webhook: &WebhookRow) -> Result<(), StoreError> {
    let target = webhooks::table
        .filter(webhooks::organization_id.eq(&webhook.organization_id))
        .filter(webhooks::test.eq(webhook.test))
        .filter(webhooks::id.eq(&webhook.id))
        .filter(webhooks::circuit_failure_count.gt(0));
    let set = webhooks::circuit_failure_count.eq(0);
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(())
}

/// Counts a failure of a webhook. The circuit opens at number `opens_at`.
pub async fn count_failure(
    connection: &mut Connection,
    webhook: &WebhookRow,
    opens_at: i64,
) -> Result<(), StoreError> {
    let of_webhook = || {
        webhooks::table
            .filter(webhooks::organization_id.eq(&webhook.organization_id))
            .filter(webhooks::test.eq(webhook.test))
            .filter(webhooks::id.eq(&webhook.id))
    };
    let more = webhooks::circuit_failure_count.eq(webhooks::circuit_failure_count + 1);
    run!(diesel::update(of_webhook()).set(more).execute(connection))?;
    let too_many = of_webhook().filter(webhooks::circuit_failure_count.ge(opens_at));
    let open = webhooks::circuit_state.eq("open");
    run!(diesel::update(too_many).set(open).execute(connection))?;
    Ok(())
}

/// Disables a webhook that refuses further calls.
pub async fn disable(
    connection: &mut Connection,
    webhook: &WebhookRow,
    now: StoredTime,
) -> Result<(), StoreError> {
    let target = webhooks::table
        .filter(webhooks::organization_id.eq(&webhook.organization_id))
        .filter(webhooks::test.eq(webhook.test))
        .filter(webhooks::id.eq(&webhook.id))
        .filter(webhooks::disabled_at.is_null());
    let set = (webhooks::disabled_at.eq(Some(now)), webhooks::updated_at.eq(now));
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(())
}

/// Cancels the waiting deliveries of a webhook. Those that were sent stay.
pub async fn end_pending(
    connection: &mut Connection,
    scope: &Scope,
    webhook_id: &str,
) -> Result<(), StoreError> {
    let target = event_deliveries::table
        .filter(event_deliveries::organization_id.eq(scope.organization_id().as_str()))
        .filter(event_deliveries::test.eq(scope.test()))
        .filter(event_deliveries::webhook_id.eq(webhook_id))
        .filter(event_deliveries::next_attempt_at.is_not_null());
    let set = event_deliveries::next_attempt_at.eq(None::<StoredTime>);
    run!(diesel::update(target).set(set).execute(connection))?;
    Ok(())
}
