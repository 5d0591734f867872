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

/// The connection type for the queries of this backend.
pub type Connection = diesel::SqliteConnection;
/// The backend of diesel.
pub type Backend = diesel::sqlite::Sqlite;

/// Runs a query, which answers at once.
macro_rules! run {
    ($query:expr) => {
        $query
    };
}

/// Locks nothing: there is only one writer.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}

/// Whether a column equals the value of a query. `single_value` would add `LIMIT ?`, which prevents prepared statements.
macro_rules! is_value_of {
    ($column:expr, $query:expr) => {
        $column.eq_any($query)
    };
}

/// Leaves nothing out: there is only one writer.
macro_rules! skip_locked {
    ($query:expr) => {
        $query
    };
}

#[path = "queries/mod.rs"]
#[allow(clippy::unused_async)] // asynchronous with the other backend
pub mod queries;
