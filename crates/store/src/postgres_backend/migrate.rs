//! Migrations, under a lock, so that several instances can start at once.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    dsl::sql,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    Backend,
    connect::{connect, warn_of_plain_connections},
};
use crate::{
    Found, Schema, StoreError,
    address_clashes::{self, Clash},
    rows::settings,
    schema::compare,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Time limit for a connection at the start.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Migrates the tables. If they are current, this needs no owner's rights.
pub fn migrate(url: &str) -> Result<(), StoreError> {
    on_a_runtime_of_its_own(run(url))
}

/// Reads the schema and a setting of a database, without changing anything.
pub fn look(url: &str, setting: &str) -> Result<Found, StoreError> {
    on_a_runtime_of_its_own(async {
        let mut connection = connected(url).await?;
        let schema = schema_of(&mut connection).await?;
        let query = settings::table
            .filter(settings::name.eq(setting))
            .select(settings::value);
        let setting = match schema {
            Schema::Missing => None,
            _ => query.get_result(&mut connection).await.optional()?,
        };
        Ok(Found { schema, setting })
    })
}

/// diesel's migrations block, which is allowed only on a runtime with several threads, so they get a thread and a runtime of
/// their own.
fn on_a_runtime_of_its_own<T: Send>(
    work: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            runtime.block_on(work)
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(StoreError::Failed("the migration panicked".into())))
    })
}

async fn connected(url: &str) -> Result<AsyncPgConnection, StoreError> {
    let (connection, _) = tokio::time::timeout(PATIENCE, connect(url))
        .await
        .map_err(|_| StoreError::Unavailable("it does not answer in time".into()))?
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(connection)
}

async fn run(url: &str) -> Result<(), StoreError> {
    warn_of_plain_connections(url);
    let mut connection = connected(url).await?;
    // Another instance may be migrating, and a large table takes time.
    connection
        .batch_execute(
            "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
        )
        .await?;
    warn_of_language(&mut connection).await?;
    if schema_of(&mut connection).await? == Schema::Current {
        return Ok(());
    }
    // Any number, as long as all instances use the same one.
    connection
        .batch_execute("SELECT pg_advisory_lock(827346501)")
        .await?;
    // The lock ends with the connection.
    refuse_address_clashes(&mut connection).await?;
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

/// Reads the list of migrations directly: diesel would create it first, which needs the right to create even if it exists.
async fn schema_of(connection: &mut AsyncPgConnection) -> Result<Schema, StoreError> {
    let has_run = sql::<Bool>("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL");
    let applied = if has_run.get_result(connection).await? {
        let versions = sql::<Text>("SELECT version FROM __diesel_schema_migrations");
        Some(versions.load(connection).await?)
    } else {
        None
    };
    compare::<Backend>(&MIGRATIONS, applied)
}

/// Neither an empty database nor one that has had the migration has such customers.
async fn refuse_address_clashes(connection: &mut AsyncPgConnection) -> Result<(), StoreError> {
    let there_is = sql::<Bool>("SELECT to_regclass('customers') IS NOT NULL");
    if !there_is.get_result::<bool>(connection).await? {
        return Ok(());
    }
    let version = address_clashes::MIGRATION;
    let migrated = sql::<Bool>(&format!(
        "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = '{version}')"
    ));
    if migrated.get_result::<bool>(connection).await? {
        return Ok(());
    }
    let query = address_clashes::query("string_agg(email || ' (' || id || ')', ', ' ORDER BY id)");
    let clashes: Vec<Clash> = sql_query(query).load(connection).await?;
    address_clashes::refuse(&clashes)
}

/// Deadlocks, timeouts and a closing database are recognized by their English messages, because diesel hides the codes. Only a
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
