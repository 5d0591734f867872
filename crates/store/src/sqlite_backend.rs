//! SQLite: reads on a connection of the calling thread, writes through one writer thread with group commit.

mod connection;
pub mod copy;
mod disk;
mod file;
mod queue;
mod reader;
mod walk;
mod writer;

use connection::open;
pub use connection::{look, open_unsynced, transaction};
pub use reader::read;
pub use writer::{Done, Writer};

use diesel::RunQueryDsl;

/// Connection that the queries of this backend take.
pub type Connection = diesel::SqliteConnection;
/// Its backend.
pub type Backend = diesel::sqlite::Sqlite;

/// A query answers at once.
macro_rules! run {
    ($query:expr) => {
        $query
    };
}

/// Rows need no locks of their own: one writer runs at a time.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}

/// The column is what a query of one value answers. `single_value` would add `LIMIT ?`, with which a statement is prepared
/// anew each time.
macro_rules! is_value_of {
    ($column:expr, $query:expr) => {
        $column.eq_any($query)
    };
}

/// There is nothing to leave out: nobody else writes.
macro_rules! skip_locked {
    ($query:expr) => {
        $query
    };
}

#[path = "queries/mod.rs"]
#[allow(clippy::unused_async)] // asynchronous with the other backend
pub mod queries;
