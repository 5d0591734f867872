//! Deletes expired data, a few rows at a time, so that no other write waits long.
//!
//! Tables to which every payment adds a row have no index by time, which would make every payment more expensive. These queries
//! walk through them instead.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Timestamp},
};

use super::super::{Connection, RunQueryDsl, walk};
use crate::{PurgedByTime, PurgedByWalk, StoreError, StoredTime, WalkStep};

#[derive(QueryableByName)]
struct End {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

#[derive(QueryableByName)]
struct Ages {
    #[diesel(sql_type = BigInt)]
    due: i64,
    #[diesel(sql_type = BigInt)]
    old: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The step of a walk that begins at a position; `None` at the end.
pub async fn walk_step(
    connection: &mut Connection,
    what: PurgedByWalk,
    position: i64,
    before: StoredTime,
) -> Result<Option<WalkStep>, StoreError> {
    let table = what.table();
    let query = sql_query(walk::end_of_step(table)).bind::<BigInt, _>(position);
    let end: End = run!(query.get_result(connection))?;
    let Some(end) = end.number else { return Ok(None) };
    let text = format!(
        "SELECT count(CASE WHEN {due} THEN 1 END) AS due, count(CASE WHEN created_at < ?3 THEN 1 END) AS old \
         FROM {table} WHERE {step}",
        due = what.condition(),
        step = walk::IN_STEP,
    );
    let query = sql_query(walk::statement(&text))
        .bind::<BigInt, _>(position)
        .bind::<BigInt, _>(end)
        .bind::<Timestamp, _>(before);
    let ages: Ages = run!(query.get_result(connection))?;
    if walk::IN_ORDER && ages.old == 0 {
        return Ok(None);
    }
    Ok(Some(WalkStep {
        from: position,
        to: end,
        is_due: ages.due > 0,
    }))
}

/// Deletes the expired data of a step. Answers the number of rows.
pub async fn purge_step(
    connection: &mut Connection,
    what: PurgedByWalk,
    step: WalkStep,
    before: StoredTime,
) -> Result<usize, StoreError> {
    let text = format!(
        "{change} WHERE {step} AND {due}",
        change = what.change(),
        step = walk::IN_STEP,
        due = what.condition(),
    );
    let write = sql_query(walk::statement(&text))
        .bind::<BigInt, _>(step.from)
        .bind::<BigInt, _>(step.to)
        .bind::<Timestamp, _>(before);
    Ok(run!(write.execute(connection))?)
}

/// Whether any data has expired.
pub async fn any_due(
    connection: &mut Connection,
    what: PurgedByTime,
    before: StoredTime,
) -> Result<bool, StoreError> {
    let text = format!(
        "SELECT count(*) AS number FROM (SELECT 1 FROM {table} WHERE {time} < ?1 LIMIT 1) AS due",
        table = what.table(),
        time = what.time(),
    );
    let query = sql_query(walk::statement(&text)).bind::<Timestamp, _>(before);
    let count: Count = run!(query.get_result(connection))?;
    Ok(count.number > 0)
}

/// Deletes the first expired rows. Answers their number.
pub async fn purge_some(
    connection: &mut Connection,
    what: PurgedByTime,
    before: StoredTime,
) -> Result<usize, StoreError> {
    let text = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {time} < ?1 ORDER BY {time} LIMIT {limit})",
        table = what.table(),
        key = what.key(),
        time = what.time(),
        limit = what.limit(),
    );
    let write = sql_query(walk::statement(&text)).bind::<Timestamp, _>(before);
    Ok(run!(write.execute(connection))?)
}
