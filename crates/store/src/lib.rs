//! Where everything is kept: SQLite in the data directory, or PostgreSQL.
//!
//! A query is written once, in `queries`, and compiled for each backend: `sqlite` and `postgres` both mount that folder, with
//! their own connection type and their own `run!`. [`query!`] picks the backend *before* a query runs.
//!
//! Every row carries its [`Scope`], and no function for such rows can be called without one.

mod cached;
mod db;
mod error;
mod inline;
mod postgres_backend;
mod rows;
mod scope;
mod sqlite_backend;

pub use db::{Db, Tx, without_password};
pub use error::StoreError;
pub use inline::{Access, Inline, Probe};
pub use postgres_backend::queries as postgres;
pub use rows::*;
pub use scope::Scope;
pub use sqlite_backend::queries as sqlite;

/// Runs a query in a transaction or on a reading connection: `query!(tx, orders::get(&scope, &id))?`.
#[macro_export]
macro_rules! query {
    ($tx:expr, $module:ident::$function:ident($($argument:expr),* $(,)?)) => {
        match $tx {
            $crate::Tx::Sqlite(connection) => $crate::sqlite::$module::$function(connection, $($argument),*).await,
            $crate::Tx::Postgres(connection) => $crate::postgres::$module::$function(connection, $($argument),*).await,
        }
    };
}
