//! Idempotency keys.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{IdempotencyKeyRow, Scope, Sender, StoreError, StoredTime, rows::idempotency_keys};

/// The stored state of a key.
pub async fn get(
    connection: &mut Connection,
    scope: &Scope,
    sender: Sender<'_>,
    key: &str,
) -> Result<Option<IdempotencyKeyRow>, StoreError> {
    let query = idempotency_keys::table
        .filter(idempotency_keys::organization_id.eq(scope.organization_id().as_str()))
        .filter(idempotency_keys::test.eq(scope.test()))
        .filter(idempotency_keys::application_id.eq(sender.application_id.as_str()))
        .filter(idempotency_keys::owner_id.eq(sender.owner))
        .filter(idempotency_keys::key.eq(key))
        .select(IdempotencyKeyRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// Claims a key; false if it was claimed already.
pub async fn claim(connection: &mut Connection, row: &IdempotencyKeyRow) -> Result<bool, StoreError> {
    let insert = diesel::insert_into(idempotency_keys::table)
        .values(row)
        .on_conflict_do_nothing();
    Ok(run!(insert.execute(connection))? > 0)
}

/// Stores the answer of a claimed key, unless it has one, which another request may have got meanwhile.
pub async fn answer(connection: &mut Connection, row: &IdempotencyKeyRow) -> Result<(), StoreError> {
    let target = idempotency_keys::table
        .filter(idempotency_keys::organization_id.eq(&row.organization_id))
        .filter(idempotency_keys::test.eq(row.test))
        .filter(idempotency_keys::application_id.eq(&row.application_id))
        .filter(idempotency_keys::owner_id.eq(&row.owner_id))
        .filter(idempotency_keys::key.eq(&row.key))
        .filter(idempotency_keys::status.is_null());
    Ok(prepared!(connection, diesel::update(target).set(row))?)
}

/// Claims an expired key again.
pub async fn save(connection: &mut Connection, row: &IdempotencyKeyRow) -> Result<(), StoreError> {
    let target = idempotency_keys::table
        .filter(idempotency_keys::organization_id.eq(&row.organization_id))
        .filter(idempotency_keys::test.eq(row.test))
        .filter(idempotency_keys::application_id.eq(&row.application_id))
        .filter(idempotency_keys::owner_id.eq(&row.owner_id))
        .filter(idempotency_keys::key.eq(&row.key));
    Ok(prepared!(connection, diesel::update(target).set(row))?)
}

/// Closes the keys of requests that changed a resource and never got an answer: the effect is decided now, and the answer is the
/// resource's present state.
pub async fn finish_of_resource(
    connection: &mut Connection,
    scope: &Scope,
    resource_id: &str,
    now: StoredTime,
) -> Result<(), StoreError> {
    let target = idempotency_keys::table
        .filter(idempotency_keys::organization_id.eq(scope.organization_id().as_str()))
        .filter(idempotency_keys::test.eq(scope.test()))
        .filter(idempotency_keys::resource_id.eq(resource_id))
        .filter(idempotency_keys::finished_at.is_null());
    run!(
        diesel::update(target)
            .set(idempotency_keys::finished_at.eq(now))
            .execute(connection)
    )?;
    Ok(())
}

/// Releases a key, because its request had no effect.
pub async fn release(
    connection: &mut Connection,
    scope: &Scope,
    sender: Sender<'_>,
    key: &str,
) -> Result<(), StoreError> {
    let target = idempotency_keys::table
        .filter(idempotency_keys::organization_id.eq(scope.organization_id().as_str()))
        .filter(idempotency_keys::test.eq(scope.test()))
        .filter(idempotency_keys::application_id.eq(sender.application_id.as_str()))
        .filter(idempotency_keys::owner_id.eq(sender.owner))
        .filter(idempotency_keys::key.eq(key));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}
