//! PostgreSQL: a pool of connections, rustls where the URL asks for it, no libpq.

mod connect;
mod migrate;
mod pool;

pub use migrate::migrate;
pub use pool::{Pool, begin, end};

use diesel_async::RunQueryDsl;

/// Connection that the queries of this backend take.
pub type Connection = diesel_async::AsyncPgConnection;
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

#[path = "queries/mod.rs"]
#[allow(clippy::duplicate_mod)] // the queries are written once and compiled for each backend
pub mod queries;
