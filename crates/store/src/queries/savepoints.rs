//! A part of a transaction that can be undone by itself.

use super::super::{Connection, RunQueryDsl};
use crate::StoreError;

/// Marks the place that [`undo`] goes back to.
pub async fn set(connection: &mut Connection) -> Result<(), StoreError> {
    run!(diesel::sql_query("SAVEPOINT part").execute(connection))?;
    Ok(())
}

/// Undoes what was done since [`set`].
pub async fn undo(connection: &mut Connection) -> Result<(), StoreError> {
    run!(diesel::sql_query("ROLLBACK TO SAVEPOINT part").execute(connection))?;
    Ok(())
}
