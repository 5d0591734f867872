//! The storage: SQLite in the data directory, or PostgreSQL.
//!
//! A query is written once, in `queries`, and compiled for each backend: `sqlite` and `postgres` both mount that folder, with
//! their own connection type and their own `run!`. [`query!`] picks the backend *before* a query runs.
//!
//! Every row has its [`Scope`], and no function for such rows can be called without one.

mod address_clashes;
mod db;
mod error;
mod health;
mod inline;
pub mod listing;
mod postgres_backend;
mod prepared;
mod rows;
mod schema;
mod scope;
mod sqlite_backend;
mod time;
mod words;

pub use db::{Db, TRANSACTIONS_COMMITTED, Tx, without_password};
pub use error::StoreError;
#[doc(hidden)]
pub use futures::try_join;
pub use inline::{Access, Inline, Probe};
pub use postgres_backend::queries as postgres;
pub use rows::*;
pub use schema::{Found, Schema};
pub use scope::Scope;
pub use sqlite_backend::queries as sqlite;
pub use time::StoredTime;
pub use words::{CardState, Goal, OperationKind, SourceState, Stored, TransactionStatus};

/// Runs a query in a transaction or on a reading connection: `query!(tx, orders::get(&scope, &id))?`.
#[macro_export]
macro_rules! query {
    ($tx:expr, $module:ident::$function:ident($($argument:expr),* $(,)?)) => {
        match $tx {
            $crate::Tx::Sqlite(connection) => $crate::sqlite::$module::$function(connection, $($argument),*).await,
            $crate::Tx::Postgres(pipeline) => {
                $crate::postgres::$module::$function(&mut pipeline.connection, $($argument),*).await
            }
        }
    };
}

/// Runs several independent queries, and answers all results. PostgreSQL gets them in one go and runs them in order. Each sees
/// the commits before its own beginning.
#[macro_export]
macro_rules! queries {
    ($tx:expr, $($module:ident::$function:ident($($argument:expr),* $(,)?)),+ $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(connection) => {
                async { Ok::<_, $crate::StoreError>(($($crate::sqlite::$module::$function(connection, $($argument),*).await?),+)) }.await
            }
            $crate::Tx::Postgres(pipeline) => {
                let connection = &pipeline.connection;
                $crate::try_join!($(async {
                    let mut connection = connection.clone();
                    $crate::postgres::$module::$function(&mut connection, $($argument),*).await
                }),+)
            }
        }
    };
}

/// Writes a row, which it takes by value: `send!(tx, orders::save(row))?`. On PostgreSQL this does not wait; a failure fails the
/// transaction at its end.
#[macro_export]
macro_rules! send {
    ($tx:expr, $module:ident::$function:ident($row:expr)) => {
        match $tx {
            $crate::Tx::Sqlite(connection) => $crate::sqlite::$module::$function(connection, &$row).await,
            $crate::Tx::Postgres(pipeline) => {
                let (mut connection, row) = (pipeline.connection.clone(), $row);
                let write = async move { $crate::postgres::$module::$function(&mut connection, &row).await };
                pipeline.send(write).await
            }
        }
    };
}
