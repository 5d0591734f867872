//! How many items lists have.

use super::super::{Connection, RunQueryDsl};
use crate::{
    StoreError,
    listing::{Count, Detailed, Explained},
};

/// Counts the items of a list.
pub async fn count(connection: &mut Connection, count: Count) -> Result<i64, StoreError> {
    Ok(run!(count.get_result(connection))?)
}

/// What the database says of a statement.
pub async fn explain(connection: &mut Connection, statement: Explained) -> Result<Vec<String>, StoreError> {
    Ok(run!(statement.load(connection))?)
}

/// How the database finds the rows of a statement.
pub async fn explain_details(
    connection: &mut Connection,
    statement: Detailed,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(i32, i32, i32, String)> = run!(statement.load(connection))?;
    Ok(rows.into_iter().map(|(.., detail)| detail).collect())
}
