//! Migrations, under a lock, so that several instances can start at once.

use diesel::{dsl::sql, sql_types::Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::connect;
use crate::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How long the start waits for a connection.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

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
    let (mut connection, _) = tokio::time::timeout(PATIENCE, connect(url))
        .await
        .map_err(|_| StoreError::Unavailable("it does not answer in time".into()))?
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    // Another instance may be at it, and a large table takes its time.
    connection
        .batch_execute(
            "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
        )
        .await?;
    warn_of_language(&mut connection).await?;
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

/// Deadlocks, timeouts and a database that closes are told from bugs by their English text: diesel hides the codes. Only a
/// superuser may change the language.
async fn warn_of_language(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let query = sql::<Text>("SELECT current_setting('lc_messages')");
    let language: String = query.get_result(connection).await?;
    if !is_english(&language) {
        tracing::warn!(
            language,
            "PostgreSQL's errors are not in English, and some will be taken for bugs. Let a superuser run \
             ALTER ROLE … SET lc_messages = 'C' for the role of this service, and start it again"
        );
    }
    Ok(())
}

fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
    matches!(language, "C" | "POSIX" | "en" | "English")
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn locales_of_english() {
        for locale in [
            "C",
            "POSIX",
            "C.UTF-8",
            "en_US.UTF-8",
            "en_GB",
            "English_United States.1252",
        ] {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "", "French_France.1252", "zh_CN@x"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
