//! What can go wrong with the database.

use diesel::result::{DatabaseErrorKind, Error};

/// A failed read or write. Nothing of it is for clients; it goes to the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has the same key.
    #[error("the row is not unique: {0}")]
    NotUnique(String),
    /// Something refers to the row, or it refers to something that is not there.
    #[error("a reference stands against it: {0}")]
    Referenced(String),
    /// Too many writes wait already, or two of them wait for each other: the same may succeed in a moment.
    #[error("the database is busy")]
    Busy,
    /// The database does not answer.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A later version of this program has changed the tables.
    #[error(
        "a newer version of Tillgate has used this database (migration {0} is not known here); use that version or a later one"
    )]
    Newer(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// What PostgreSQL says of a lock that was not granted (40P01, 55P03); diesel has no kind for them and hides their codes.
const WAITED_IN_VAIN: [&str; 2] = ["deadlock detected", "canceling statement due to lock timeout"];

/// What it says before it closes a connection (57P01, 57P02, 57P03), and which diesel does not tell from other errors either.
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
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            ) => Self::Unavailable(error.to_string()),
            Error::DatabaseError(_, information) if CLOSING.contains(&information.message()) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_closes_the_connection_is_not_available() {
        for message in CLOSING {
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
