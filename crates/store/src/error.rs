//! The errors of the database.

use diesel::result::{DatabaseErrorKind, Error};

/// A failed read or write. Its text goes to the log only, never to clients.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has the same key.
    #[error("the row is not unique: {0}")]
    NotUnique(String),
    /// Another row refers to the row, or it refers to a missing one.
    #[error("a reference stands against it: {0}")]
    Referenced(String),
    /// Too many writes wait already, or two of them wait for each other: a repetition may succeed in a moment.
    #[error("the database is busy")]
    Busy,
    /// A list that no index finds takes longer than it may.
    #[error("the list takes too long")]
    TooSlow,
    /// The database does not answer.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A later version of this program has changed the tables.
    #[error(
        "a newer version of Tillgate has used this database (migration {0} is not known here); use that version or a later one"
    )]
    Newer(String),
    /// The time limit ended after the commit was sent: the changes may be stored, or not.
    #[error("the database did not answer in time whether it keeps the changes")]
    Unknown,
    /// The file is damaged, and its contents can't be relied on.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Any other failure.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// PostgreSQL's messages for a lock that was not granted (40P01, 55P03) or a statement that takes too long (57014), and SQLite's
/// for a lock; diesel has no kind for them and hides their codes.
const WAITED_IN_VAIN: [&str; 5] = [
    "deadlock detected",
    "canceling statement due to lock timeout",
    "canceling statement due to statement timeout",
    "database is locked",
    "database table is locked",
];

/// SQLite's messages when nothing can be written (SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN).
const NOT_WRITABLE: [&str; 4] = [
    "database or disk is full",
    "attempt to write a readonly database",
    "disk I/O error",
    "unable to open database file",
];

/// Part of PostgreSQL's message when the disk is full (53100): the rest names a file.
const NO_SPACE: &str = "No space left on device";

/// SQLite's messages for a damaged file (SQLITE_CORRUPT, SQLITE_NOTADB).
const DAMAGED: [&str; 2] = ["database disk image is malformed", "file is not a database"];

/// PostgreSQL's messages before it closes a connection (57P01, 57P02, 57P03). diesel hides their codes too.
const CLOSING: [&str; 5] = [
    "terminating connection due to administrator command",
    "terminating connection because of crash of another server process",
    "the database system is shutting down",
    "the database system is starting up",
    "the database system is in recovery mode",
];

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
                Self::NotUnique(information.message().to_owned())
            }
            Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, information) => {
                Self::Referenced(information.message().to_owned())
            }
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Busy,
            Error::DatabaseError(_, information) if WAITED_IN_VAIN.contains(&information.message()) => {
                Self::Busy
            }
            Error::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            ) => Self::Unavailable(error.to_string()),
            Error::DatabaseError(_, information) if DAMAGED.contains(&information.message()) => {
                Self::Damaged(error.to_string())
            }
            Error::DatabaseError(_, information) if is_passing(information.message()) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// Whether the database works again once an operator has freed space, granted the right to write, or started it.
fn is_passing(message: &str) -> bool {
    CLOSING.contains(&message) || NOT_WRITABLE.contains(&message) || message.contains(NO_SPACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_closes_the_connection_or_can_not_write_is_not_available() {
        let full = "could not extend file \"base/16384/16397\": No space left on device";
        for message in CLOSING.into_iter().chain(NOT_WRITABLE).chain([full]) {
            let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()));
            assert!(matches!(error.into(), StoreError::Unavailable(_)), "{message}");
        }
        let other = Error::DatabaseError(
            DatabaseErrorKind::Unknown,
            Box::new("division by zero".to_owned()),
        );
        assert!(matches!(other.into(), StoreError::Failed(_)));
    }
}
