//! Revoked access tokens. They belong to no scope, because this installation signed them.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{NewRevocationRow, RevocationRow, StoreError, StoredTime, rows::revocations};

/// Adds a revocation.
pub async fn insert(connection: &mut Connection, row: &NewRevocationRow) -> Result<(), StoreError> {
    run!(
        diesel::insert_into(revocations::table)
            .values(row)
            .execute(connection)
    )?;
    Ok(())
}

/// The unexpired revocations after a sequence number, in the order of writing.
pub async fn after(
    connection: &mut Connection,
    sequence: i64,
    now: StoredTime,
    limit: i64,
) -> Result<Vec<RevocationRow>, StoreError> {
    let query = revocations::table
        .filter(revocations::sequence.gt(sequence))
        .filter(
            revocations::expires_at
                .is_null()
                .or(revocations::expires_at.gt(now)),
        )
        .order(revocations::sequence)
        .limit(limit)
        .select(RevocationRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// The number of unexpired revocations of an application.
pub async fn count_of_application(
    connection: &mut Connection,
    application_id: &str,
    now: StoredTime,
) -> Result<i64, StoreError> {
    let query = revocations::table
        .filter(revocations::application_id.eq(application_id))
        .filter(revocations::expires_at.gt(now))
        .count();
    Ok(run!(query.get_result(connection))?)
}

/// Removes the revocations of a subject.
pub async fn take_back(connection: &mut Connection, kind: &str, subject: &str) -> Result<(), StoreError> {
    let target = revocations::table
        .filter(revocations::kind.eq(kind))
        .filter(revocations::subject.eq(subject));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}

/// Deletes some expired revocations.
pub async fn forget_ended(
    connection: &mut Connection,
    now: StoredTime,
    limit: i64,
) -> Result<usize, StoreError> {
    let ended = revocations::table
        .filter(revocations::expires_at.le(now))
        .order(revocations::expires_at)
        .limit(limit)
        .select(revocations::sequence);
    let ended: Vec<i64> = run!(ended.load(connection))?;
    let target = revocations::table.filter(revocations::sequence.eq_any(ended));
    Ok(run!(diesel::delete(target).execute(connection))?)
}
