//! Failed attempts to log in, counted for each subject (a customer, a network address) and window of time.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{Scope, StoreError, StoredTime, rows::login_attempts};

/// Counts an attempt as failed. Answers the number in the window, with this one, and the beginning of the window: now, if there
/// was none.
pub async fn count(
    connection: &mut Connection,
    scope: &Scope,
    subject: &str,
    now: StoredTime,
) -> Result<(i64, StoredTime), StoreError> {
    let insert = diesel::insert_into(login_attempts::table)
        .values((
            login_attempts::organization_id.eq(scope.organization_id().as_str()),
            login_attempts::test.eq(scope.test()),
            login_attempts::subject.eq(subject),
            login_attempts::failures.eq(1_i64),
            login_attempts::began_at.eq(now),
        ))
        .on_conflict((
            login_attempts::organization_id,
            login_attempts::test,
            login_attempts::subject,
        ))
        .do_update()
        .set(login_attempts::failures.eq(login_attempts::failures + 1_i64))
        .returning((login_attempts::failures, login_attempts::began_at));
    Ok(run!(insert.get_result(connection))?)
}

/// Takes back one attempt of a subject: it succeeded.
pub async fn take_back(connection: &mut Connection, scope: &Scope, subject: &str) -> Result<(), StoreError> {
    let target = login_attempts::table
        .filter(login_attempts::organization_id.eq(scope.organization_id().as_str()))
        .filter(login_attempts::test.eq(scope.test()))
        .filter(login_attempts::subject.eq(subject))
        .filter(login_attempts::failures.gt(0));
    run!(
        diesel::update(target)
            .set(login_attempts::failures.eq(login_attempts::failures - 1_i64))
            .execute(connection)
    )?;
    Ok(())
}

/// Deletes the attempts of a subject.
pub async fn forget(connection: &mut Connection, scope: &Scope, subject: &str) -> Result<(), StoreError> {
    let target = login_attempts::table
        .filter(login_attempts::organization_id.eq(scope.organization_id().as_str()))
        .filter(login_attempts::test.eq(scope.test()))
        .filter(login_attempts::subject.eq(subject));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}

/// Deletes the windows that began before `ended`.
pub async fn forget_ended(
    connection: &mut Connection,
    scope: &Scope,
    ended: StoredTime,
) -> Result<(), StoreError> {
    let target = login_attempts::table
        .filter(login_attempts::organization_id.eq(scope.organization_id().as_str()))
        .filter(login_attempts::test.eq(scope.test()))
        .filter(login_attempts::began_at.le(ended));
    run!(diesel::delete(target).execute(connection))?;
    Ok(())
}
