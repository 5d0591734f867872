//! PostgreSQL: a pool of connections, rustls where the URL asks for it, no libpq.

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

/// Its backend.
pub type Backend = diesel::pg::Pg;

/// A query answers later.
macro_rules! run {
    ($query:expr) => {
        $query.await
    };
}

/// The rows stay locked until the transaction ends.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_update()
    };
}

/// The column is what a query of one value answers. A join, which `= ANY (SELECT …)` is made into, could be run from the
/// wrong end.
macro_rules! is_value_of {
    ($column:expr, $query:expr) => {
        $column.nullable().eq($query.single_value())
    };
}

/// Locks the rows of a query, and leaves out rows that somebody else has locked.
macro_rules! skip_locked {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}

#[path = "queries/mod.rs"]
#[allow(clippy::duplicate_mod)] // the queries are written once and compiled for each backend
pub mod queries;
