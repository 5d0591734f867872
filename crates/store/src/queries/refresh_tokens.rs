//! Refresh tokens of customers.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{RefreshTokenRow, Scope, StoreError, StoredTime, rows::refresh_tokens};

/// The token with a hash.
pub async fn get(
    connection: &mut Connection,
    scope: &Scope,
    hash: &str,
) -> Result<Option<RefreshTokenRow>, StoreError> {
    let query = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::hash.eq(hash))
        .select(RefreshTokenRow::as_select());
    Ok(run!(query.get_result(connection)).optional()?)
}

/// The token with a hash, locked until the transaction ends.
pub async fn lock(
    connection: &mut Connection,
    scope: &Scope,
    hash: &str,
) -> Result<Option<RefreshTokenRow>, StoreError> {
    let query = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::hash.eq(hash))
        .select(RefreshTokenRow::as_select());
    Ok(run!(for_update!(query).get_result(connection)).optional()?)
}

/// Adds a token.
pub async fn insert(connection: &mut Connection, row: &RefreshTokenRow) -> Result<(), StoreError> {
    run!(
        diesel::insert_into(refresh_tokens::table)
            .values(row)
            .execute(connection)
    )?;
    Ok(())
}

/// Marks a token as used.
pub async fn use_up(
    connection: &mut Connection,
    scope: &Scope,
    hash: &str,
    now: StoredTime,
) -> Result<(), StoreError> {
    let target = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::hash.eq(hash));
    run!(
        diesel::update(target)
            .set(refresh_tokens::used_at.eq(now))
            .execute(connection)
    )?;
    Ok(())
}

/// Revokes all tokens of one login.
pub async fn revoke_family(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
    family_id: &str,
) -> Result<(), StoreError> {
    let target = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::customer_id.eq(customer_id))
        .filter(refresh_tokens::family_id.eq(family_id));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}

/// Revokes all tokens of a customer. Answers their number.
pub async fn revoke_all(
    connection: &mut Connection,
    scope: &Scope,
    customer_id: &str,
) -> Result<usize, StoreError> {
    let target = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::customer_id.eq(customer_id));
    Ok(run!(diesel::delete(target).execute(connection))?)
}

/// Deletes expired tokens.
pub async fn forget_ended(
    connection: &mut Connection,
    scope: &Scope,
    now: StoredTime,
) -> Result<(), StoreError> {
    let target = refresh_tokens::table
        .filter(refresh_tokens::organization_id.eq(scope.organization_id().as_str()))
        .filter(refresh_tokens::test.eq(scope.test()))
        .filter(refresh_tokens::expires_at.le(now));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}
