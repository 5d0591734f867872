//! Opens connections.

use std::path::Path;

use diesel::{
    Connection as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, RunQueryDsl as _,
    connection::SimpleConnection,
    dsl::sql,
    sql_query,
    sql_types::{BigInt, Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Backend, Connection};
use crate::{
    Found, Schema, StoreError,
    address_clashes::{self, Clash},
    listing,
    rows::settings,
    schema::compare,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Opens a connection and sets it up. `busy_timeout` comes first, because the change of the journal mode can already find the
/// file locked. Data for savepoints is kept in memory, not in a file.
pub fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = establish(path)?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 10000; \
         PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; \
         PRAGMA cache_size = -4000; \
         PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = 16000; \
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

fn establish(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::establish(&path.to_string_lossy())
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    listing::register(&mut connection)?;
    Ok(connection)
}

/// Reads the schema and a setting of a file, without creating anything.
pub fn look(path: &Path, setting: &str) -> Result<Found, StoreError> {
    if !path.exists() {
        return Ok(Found::nothing());
    }
    let mut connection = establish(path)?;
    connection.batch_execute("PRAGMA busy_timeout = 10000")?;
    let schema = schema_of(&mut connection)?;
    let query = settings::table
        .filter(settings::name.eq(setting))
        .select(settings::value);
    let setting = match schema {
        Schema::Missing => None,
        _ => query.get_result(&mut connection).optional()?,
    };
    Ok(Found { schema, setting })
}

fn schema_of(connection: &mut Connection) -> Result<Schema, StoreError> {
    let has_run = "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";
    let applied = if diesel::select(sql::<Bool>(has_run)).get_result(connection)? {
        let versions = sql::<Text>("SELECT version FROM __diesel_schema_migrations");
        Some(versions.load(connection)?)
    } else {
        None
    };
    compare::<Backend>(&MIGRATIONS, applied)
}

/// Migrates the tables. A table that is rebuilt is dropped meanwhile, which must not count as the deletion of its rows.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if schema_of(connection)? == Schema::Current {
        return Ok(());
    }
    refuse_address_clashes(connection)?;
    connection.batch_execute("PRAGMA foreign_keys = OFF")?;
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| StoreError::Failed(format!("migration: {error}")))?;
    connection.batch_execute("PRAGMA foreign_keys = ON")?;
    Ok(())
}

/// Neither an empty database nor one that has had the migration has such customers.
fn refuse_address_clashes(connection: &mut Connection) -> Result<(), StoreError> {
    let mut count = |of: &str| {
        let query = sql::<BigInt>(&format!("SELECT count(*) FROM {of}"));
        query.get_result::<i64>(connection)
    };
    if count("sqlite_schema WHERE name = 'customers'")? == 0 {
        return Ok(());
    }
    let version = format!(
        "__diesel_schema_migrations WHERE version = '{}'",
        address_clashes::MIGRATION
    );
    if count(&version)? > 0 {
        return Ok(());
    }
    let query = address_clashes::query("group_concat(email || ' (' || id || ')', ', ')");
    let clashes: Vec<Clash> = sql_query(query).load(connection)?;
    address_clashes::refuse(&clashes)
}

/// Opens a connection to a file, or `:memory:`, with migrated tables. Nothing waits for the disk.
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

/// Runs a transaction, which is committed if it succeeds and rolled back if not.
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
        // The failure itself may have ended the transaction; an error here adds nothing.
        let _ = connection.batch_execute("ROLLBACK");
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    #[test]
    fn a_file_that_a_newer_version_has_used_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        assert_eq!(look(&path, "a").unwrap(), Found::nothing());
        assert!(!path.exists());
        let mut connection = open(&path).unwrap();
        assert_eq!(look(&path, "a").unwrap().schema, Schema::Missing);
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        connection
            .batch_execute("INSERT INTO settings (name, value) VALUES ('a', 'b')")
            .unwrap();
        let found = look(&path, "a").unwrap();
        assert_eq!(
            (found.schema, found.setting.as_deref()),
            (Schema::Current, Some("b"))
        );
        connection
            .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')")
            .unwrap();
        for outcome in [migrate(&mut connection), look(&path, "a").map(drop)] {
            assert!(matches!(outcome, Err(StoreError::Newer(_))), "{outcome:?}");
        }
    }

    fn count(connection: &mut Connection, of: &str) -> i64 {
        let query = sql_query(format!("SELECT count(*) AS count FROM {of}"));
        query.get_result::<Count>(connection).unwrap().count
    }

    /// A table that is rebuilt is dropped, and rows that refer to it with `ON DELETE CASCADE` must stay.
    #[test]
    fn a_table_that_is_made_anew_keeps_its_rows_and_what_refers_to_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = open(&directory.path().join("db")).unwrap();
        let migrations = connection.pending_migrations(MIGRATIONS).unwrap();
        for migration in &migrations[..5] {
            connection.run_migration(migration).unwrap();
        }
        let without_rowids = "sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' AND name = 'events'";
        assert_ne!(count(&mut connection, without_rowids), 0);
        let columns = "organization_id, test, id, created_at, updated_at, metadata";
        let values = "'org', TRUE, 'it', '2030-01-01', '2030-01-01', '{}'";
        connection
            .batch_execute(&format!(
                "INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Org', '2030-01-01');
                 INSERT INTO events ({columns}, name, resource_type, resource_id)
                   VALUES ({values}, 'orders.place', 'orders', 'one');
                 INSERT INTO webhooks ({columns}, topic, callback_url, circuit_state, circuit_failure_count, shared_secret)
                   VALUES ({values}, 'orders.place', 'https://shop.example', 'closed', 0, 'secret');
                 INSERT INTO event_deliveries ({columns}, event_id, webhook_id, payload, attempts)
                   VALUES ({values}, 'it', 'it', 'payload', 3);"
            ))
            .unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(count(&mut connection, without_rowids), 0);
        for table in [
            "events",
            "webhooks",
            "event_deliveries WHERE event_id = 'it' AND attempts = 3",
        ] {
            assert_eq!(count(&mut connection, table), 1, "{table}");
        }
        assert_eq!(count(&mut connection, "pragma_foreign_key_check"), 0);
        // Foreign keys are enforced again, including those of the new tables.
        connection.batch_execute("DELETE FROM events").unwrap();
        assert_eq!(count(&mut connection, "event_deliveries"), 0);
    }

    /// Nothing is migrated until an operator has decided which of two customers with one address stays.
    #[test]
    fn addresses_become_lower_case_and_a_clash_is_told_before() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = open(&directory.path().join("db")).unwrap();
        let migrations = connection.pending_migrations(MIGRATIONS).unwrap();
        for migration in &migrations[..6] {
            connection.run_migration(migration).unwrap();
        }
        let columns = "organization_id, test, id, created_at, updated_at, metadata, email";
        let values = |mode: &str, id: &str, email: &str| {
            format!("('org', {mode}, '{id}', '2030-01-01', '2030-01-01', '{{}}', '{email}')")
        };
        let rows = [
            values("TRUE", "one", "Jo@Example.com"),
            values("TRUE", "two", "jo@example.com"),
            values("TRUE", "three", "Ann@Example.com"),
            // Live data of another customer.
            values("FALSE", "four", "jo@example.COM"),
        ];
        connection
            .batch_execute(&format!(
                "INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Org', '2030-01-01');
                 INSERT INTO customers ({columns}) VALUES {};",
                rows.join(", ")
            ))
            .unwrap();
        let told = migrate(&mut connection).unwrap_err().to_string();
        for word in [
            "org",
            "test mode",
            "Jo@Example.com (one)",
            "jo@example.com (two)",
            "Nothing was migrated",
        ] {
            assert!(told.contains(word), "{word} in {told}");
        }
        assert!(!told.contains("three") && !told.contains("four"), "{told}");
        assert_eq!(count(&mut connection, "__diesel_schema_migrations"), 6);
        connection
            .batch_execute("DELETE FROM customers WHERE id = 'two'")
            .unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(
            count(&mut connection, "customers WHERE email = 'jo@example.com'"),
            2
        );
        assert_eq!(
            count(&mut connection, "customers WHERE email = 'ann@example.com'"),
            1
        );
    }
}
