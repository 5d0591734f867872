//! Migrations, under a lock, so that several instances can start at once.

use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::connect;
use crate::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the tables up to date. diesel's migrations block, and may do so only on a runtime with several threads, so that
/// they have a thread and a runtime of their own.
pub fn migrate(url: &str) -> Result<(), StoreError> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            runtime.block_on(run(url))
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(StoreError::Failed("the migration panicked".into())))
    })
}

async fn run(url: &str) -> Result<(), StoreError> {
    let (mut connection, _) = connect(url)
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    // Any number will do, as long as all instances use the same.
    connection
        .batch_execute("SELECT pg_advisory_lock(827346501)")
        .await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let outcome = harness
        .run_pending_migrations(MIGRATIONS)
        .map(|_| ())
        .map_err(|error| error.to_string());
    harness
        .into_inner()
        .batch_execute("SELECT pg_advisory_unlock(827346501)")
        .await?;
    outcome.map_err(|error| StoreError::Failed(format!("migration: {error}")))
}
