//! Counters, for each organization and mode.

use diesel::prelude::*;

use super::super::{Connection, RunQueryDsl};
use crate::{Scope, StoreError, rows::counters};

/// The next number of a name, from 1.
pub async fn next(connection: &mut Connection, scope: &Scope, name: &str) -> Result<i64, StoreError> {
    let insert = diesel::insert_into(counters::table)
        .values((
            counters::organization_id.eq(scope.organization_id().as_str()),
            counters::test.eq(scope.test()),
            counters::name.eq(name),
            counters::value.eq(1_i64),
        ))
        .on_conflict((counters::organization_id, counters::test, counters::name))
        .do_update()
        .set(counters::value.eq(counters::value + 1))
        .returning(counters::value);
    Ok(run!(insert.get_result(connection))?)
}
