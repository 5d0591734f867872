//! A part of a transaction that can be rolled back alone.

use super::super::{Connection, RunQueryDsl};
use crate::StoreError;

/// Marks the point that [`undo`] returns to.
pub async fn set(connection: &mut Connection) -> Result<(), StoreError> {
    run!(diesel::sql_query("SAVEPOINT part").execute(connection))?;
    Ok(())
}

/// Rolls back to the last [`set`].
pub async fn undo(connection: &mut Connection) -> Result<(), StoreError> {
    run!(diesel::sql_query("ROLLBACK TO SAVEPOINT part").execute(connection))?;
    Ok(())
}
