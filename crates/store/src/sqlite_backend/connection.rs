//! Opening connections.

use std::path::Path;

use diesel::{Connection as _, connection::SimpleConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Connection;
use crate::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Opens a connection and sets it up. `busy_timeout` comes first: already the change of the journal mode can find the
/// file locked. What a savepoint would undo is kept in memory, not in a file.
pub fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = establish(path)?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 10000; \
         PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; \
         PRAGMA cache_size = -4000; \
         PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = 4000; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

fn establish(path: &Path) -> Result<Connection, StoreError> {
    Connection::establish(&path.to_string_lossy())
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

/// Brings the tables up to date.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Failed(format!("migration: {error}")))?;
    Ok(())
}

/// Opens a connection to a file, or `:memory:`, with its tables up to date. Nothing waits for the disk.
pub fn open_unsynced(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = establish(path)?;
    connection.batch_execute(
        "PRAGMA journal_mode = MEMORY; \
         PRAGMA synchronous = OFF; \
         PRAGMA foreign_keys = ON;",
    )?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Runs a transaction, which is kept if it succeeds and undone if not.
pub fn transaction<T, E: From<StoreError>>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    connection
        .batch_execute("BEGIN IMMEDIATE")
        .map_err(StoreError::from)?;
    let outcome = run(connection).and_then(|value| {
        connection.batch_execute("COMMIT").map_err(StoreError::from)?;
        Ok(value)
    });
    if outcome.is_err() {
        // The failure itself may have ended the transaction; an error here says no more than that.
        let _ = connection.batch_execute("ROLLBACK");
    }
    outcome
}
