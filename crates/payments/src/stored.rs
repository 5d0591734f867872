//! Conversions from rows to records and back.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use tillgate_model::{ResourceMeta, Timestamp, resource::RelationshipMeta};
use tillgate_store::{StoreError, StoredTime};

/// Reads a stored word: an id, a currency, a state.
pub fn parse_column<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Failed(format!("the stored word {text:?} is not known")))
}

/// Reads a stored word that may be absent.
pub fn parse_optional_column<T: FromStr>(text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(parse_column).transpose()
}

/// Reads a stored JSON text.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Failed(format!("stored JSON: {error}")))
}

/// A stored time.
pub fn time(stored: StoredTime) -> Timestamp {
    stored.into()
}

/// A time to store.
pub fn stored_time(time: Timestamp) -> StoredTime {
    time.into()
}

/// A value as JSON text for the database.
pub fn stored_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("JSON values and structs of them have string keys")
}

/// A record from a row: the columns that every row has, and the given fields.
macro_rules! record {
    ($row:ident, $fields:expr) => {
        tillgate_model::Record {
            id: crate::stored::parse_column(&$row.id)?,
            created_at: crate::stored::time($row.created_at),
            updated_at: crate::stored::time($row.updated_at),
            reference: $row.reference.clone(),
            reference_origin: $row.reference_origin.clone(),
            metadata: crate::stored::json(&$row.metadata)?,
            fields: $fields,
        }
    };
}

/// A row from a record: the columns that every row has, and the given ones.
macro_rules! row {
    ($row:ident, $scope:expr, $record:expr, { $($column:ident: $value:expr),* $(,)? }) => {
        tillgate_store::$row {
            organization_id: $scope.organization_id().to_string(),
            test: $scope.test(),
            id: $record.id.to_string(),
            created_at: crate::stored::stored_time($record.created_at),
            updated_at: crate::stored::stored_time($record.updated_at),
            reference: $record.reference.clone(),
            reference_origin: $record.reference_origin.clone(),
            metadata: crate::stored::stored_json(&$record.metadata),
            $($column: $value,)*
        }
    };
}
pub(crate) use {record, row};

/// Which resources a list shows.
#[derive(Clone, Debug)]
pub enum Selection {
    /// All rows of the scope.
    All,
    /// The targets of a to-many relationship.
    Of {
        /// Type of the resource that has the relationship.
        owner: &'static ResourceMeta,
        /// Its id, the only one.
        ids: Vec<String>,
        /// The relationship.
        relationship: &'static RelationshipMeta,
    },
}

/// A record that something refers to, in the words of the one who refers: a missing one is 404 (JSON:API 1.1, creating
/// resources), with a pointer to the relationship.
pub fn found<T>(found: Option<T>, relationship: &str) -> Result<T, tillgate_model::Problem> {
    found.ok_or_else(|| {
        let problem = tillgate_model::Problem::not_found();
        problem.at(format!("/data/relationships/{relationship}/data/id"))
    })
}
