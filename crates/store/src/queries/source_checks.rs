//! Payments that are read from their PSP because they had no news for a while.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{PaymentSourceRow, StoreError, StoredTime, rows::payment_sources};

/// Whether a payment of any organization is due. One with an open call is not: resolving that has its own schedule.
pub async fn any_due(connection: &mut Connection, now: StoredTime) -> Result<bool, StoreError> {
    let due = payment_sources::table
        .filter(payment_sources::check_at.le(now))
        .filter(payment_sources::pending_operation_id.is_null());
    Ok(run!(
        diesel::select(diesel::dsl::exists(due)).get_result(connection)
    )?)
}

/// Claims due payments of all organizations, so that no other instance takes them before `until`. The rows have their scope.
pub async fn take_due(
    connection: &mut Connection,
    now: StoredTime,
    until: StoredTime,
    limit: i64,
) -> Result<Vec<PaymentSourceRow>, StoreError> {
    let query = payment_sources::table
        .filter(payment_sources::check_at.le(now))
        .filter(payment_sources::pending_operation_id.is_null())
        .order(payment_sources::check_at)
        .limit(limit)
        .select(PaymentSourceRow::as_select());
    let due: Vec<PaymentSourceRow> = run!(skip_locked!(query).load(connection))?;
    for row in &due {
        let target = payment_sources::table
            .filter(payment_sources::organization_id.eq(&row.organization_id))
            .filter(payment_sources::test.eq(row.test))
            .filter(payment_sources::id.eq(&row.id));
        let set = payment_sources::check_at.eq(until);
        run!(diesel::update(target).set(set).execute(connection))?;
    }
    Ok(due)
}
