//! PostgreSQL: a pool of connections, rustls if the URL asks for it, no libpq.

mod connect;
mod connection;
mod migrate;
mod pool;
mod reader;
mod text;
mod transaction;
mod walk;

pub use connection::Connection;
pub use migrate::{look, migrate};
pub use pool::Pool;
pub use reader::reader;
pub use transaction::{Pipeline, transaction};

use diesel_async::RunQueryDsl;

/// The backend of diesel.
pub type Backend = diesel::pg::Pg;

/// Runs a query, which answers later.
macro_rules! run {
    ($query:expr) => {
        $query.await
    };
}

/// Locks the rows of a query until the transaction ends.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_update()
    };
}

/// Whether a column equals the value of a query. A join, which `= ANY (SELECT …)` becomes, could run from the wrong end.
macro_rules! is_value_of {
    ($column:expr, $query:expr) => {
        $column.nullable().eq($query.single_value())
    };
}

/// Locks the rows of a query, and leaves out rows that another transaction has locked.
macro_rules! skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

#[path = "queries/mod.rs"]
#[allow(clippy::duplicate_mod)] // the queries are written once and compiled for each backend
pub mod queries;
