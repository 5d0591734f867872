//! The outbox: changes are written in their own transaction, and published afterwards.

use diesel::{
    dsl::exists,
    prelude::*,
    sql_types::{Bool, Text, Timestamp},
};

use super::super::{Connection, RunQueryDsl};
use crate::{
    NewOutboxRow, OutboxRow, StoreError,
    rows::{organizations, outbox, webhooks},
};

/// Adds changes if the organization has a webhook at all: one statement, with a constant text.
pub async fn insert(connection: &mut Connection, row: &NewOutboxRow) -> Result<(), StoreError> {
    let enabled = webhooks::table
        .filter(webhooks::organization_id.eq(organizations::id))
        .filter(webhooks::test.eq(row.test))
        .filter(webhooks::disabled_at.is_null());
    let insert = organizations::table
        .filter(organizations::id.eq(&row.organization_id))
        .filter(exists(enabled))
        .select((
            (&row.organization_id).into_sql::<Text>(),
            row.test.into_sql::<Bool>(),
            row.created_at.into_sql::<Timestamp>(),
            (&row.changes).into_sql::<Text>(),
        ))
        .insert_into(outbox::table)
        .into_columns((
            outbox::organization_id,
            outbox::test,
            outbox::created_at,
            outbox::changes,
        ));
    run!(insert.execute(connection))?;
    Ok(())
}

/// The oldest rows of all organizations. The rows have their scope.
pub async fn first(connection: &mut Connection, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let query = outbox::table
        .order(outbox::sequence)
        .limit(limit)
        .select(OutboxRow::as_select());
    Ok(run!(query.load(connection))?)
}

/// Removes a published row; false if another instance has done that.
pub async fn remove(connection: &mut Connection, sequence: i64) -> Result<bool, StoreError> {
    let target = outbox::table.filter(outbox::sequence.eq(sequence));
    Ok(run!(diesel::delete(target).execute(connection))? > 0)
}
