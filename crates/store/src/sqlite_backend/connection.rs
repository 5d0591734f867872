//! Opening connections.

use std::path::Path;

use diesel::{Connection as _, connection::SimpleConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Connection;
use crate::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Opens a connection and sets it up. `busy_timeout` comes first: already the change of the journal mode can find the
/// file locked.
pub fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::establish(&path.to_string_lossy())
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 10000; \
         PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; \
         PRAGMA cache_size = -4000; \
         PRAGMA wal_autocheckpoint = 4000; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// Brings the tables up to date.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Failed(format!("migration: {error}")))?;
    Ok(())
}
