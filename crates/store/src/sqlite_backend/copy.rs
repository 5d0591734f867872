//! Copies a database, and restores it while other connections stay open. It is for databases that need not survive a power cut:
//! nothing waits for the disk.

use std::path::Path;

use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};

use super::{Connection, open};
use crate::StoreError;

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Copies the database to a new file.
pub fn save(path: &Path, copy: &Path) -> Result<(), StoreError> {
    sql_query("VACUUM INTO ?")
        .bind::<Text, _>(copy.to_string_lossy())
        .execute(&mut unsynced(path)?)?;
    Ok(())
}

/// Gives all tables the rows of the copy, in one transaction.
pub fn restore(path: &Path, copy: &Path) -> Result<(), StoreError> {
    let mut connection = unsynced(path)?;
    sql_query("ATTACH DATABASE ? AS saved")
        .bind::<Text, _>(copy.to_string_lossy())
        .execute(&mut connection)?;
    let tables: Vec<Table> = sql_query(
        "SELECT name FROM saved.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .load(&mut connection)?;
    // The rows of the copy are consistent only once all tables are filled.
    let mut statements = String::from("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; ");
    for Table { name } in tables {
        statements += &format!(
            "DELETE FROM main.\"{name}\"; INSERT INTO main.\"{name}\" SELECT * FROM saved.\"{name}\"; "
        );
    }
    statements += "COMMIT";
    // A transaction that fails ends with the connection.
    connection.batch_execute(&statements)?;
    Ok(())
}

fn unsynced(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = open(path)?;
    connection.batch_execute("PRAGMA synchronous = OFF")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use diesel::{QueryableByName, sql_types::BigInt};

    use super::*;
    use crate::sqlite_backend::Writer;

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    fn count(connection: &mut Connection) -> i64 {
        let counts: Vec<Count> = sql_query("SELECT count(*) AS count FROM settings")
            .load(connection)
            .expect("a count");
        counts[0].count
    }

    #[test]
    fn what_came_after_the_copy_is_gone_for_open_connections_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, copy) = (directory.path().join("it's.db"), directory.path().join("copy.db"));
        let _writer = Writer::start_unsynced(&path).expect("a database");
        let mut connection = open(&path).expect("a connection");
        let mut put = |name: &str| {
            connection
                .batch_execute(&format!(
                    "INSERT INTO settings (name, value) VALUES ('{name}', 'x')"
                ))
                .expect("a row");
        };
        put("before");
        save(&path, &copy).expect("a copy");
        put("after");
        let mut other = open(&path).expect("a connection");
        assert_eq!(count(&mut other), 2);
        for _ in 0..2 {
            restore(&path, &copy).expect("restored");
            assert_eq!(count(&mut other), 1);
        }
    }
}
