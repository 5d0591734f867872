//! The schema version of a database, compared with this program's.

use std::collections::BTreeSet;

use diesel::{
    backend::Backend,
    migration::{Migration, MigrationSource},
};
use diesel_migrations::EmbeddedMigrations;

use crate::StoreError;

/// The state of a database's tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schema {
    /// There are no tables.
    Missing,
    /// Migrations must run before this version can use them.
    Behind,
    /// They are current.
    Current,
}

/// The facts about a database that a start needs before it changes anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// State of its tables.
    pub schema: Schema,
    /// Value of the requested setting.
    pub setting: Option<String>,
}

impl Found {
    /// The result without a database.
    pub(crate) fn nothing() -> Self {
        Self {
            schema: Schema::Missing,
            setting: None,
        }
    }
}

/// Compares the migrations that have run, if there is a list of them, with those of this version.
///
/// # Errors
/// A migration has run that this version does not have. Its changes are unknown here, so nothing may be written.
pub(crate) fn compare<B: Backend>(
    migrations: &EmbeddedMigrations,
    applied: Option<Vec<String>>,
) -> Result<Schema, StoreError> {
    let ours: Vec<Box<dyn Migration<B>>> = migrations
        .migrations()
        .map_err(|error| StoreError::Failed(format!("migrations: {error}")))?;
    let ours = ours
        .iter()
        .map(|migration| migration.name().version().to_string());
    against(&ours.collect(), applied)
}

fn against(ours: &BTreeSet<String>, applied: Option<Vec<String>>) -> Result<Schema, StoreError> {
    let Some(applied) = applied else {
        return Ok(Schema::Missing);
    };
    let applied: BTreeSet<String> = applied.into_iter().collect();
    if let Some(newest) = applied.difference(ours).max() {
        return Err(StoreError::Newer(newest.clone()));
    }
    Ok(if applied == *ours {
        Schema::Current
    } else {
        Schema::Behind
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(versions: &[&str]) -> Vec<String> {
        versions.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_has_run_is_compared_with_what_is_known() {
        let ours = list(&["01", "02"]).into_iter().collect();
        let of =
            |applied: Option<&[&str]>| against(&ours, applied.map(list)).map_err(|error| error.to_string());
        assert_eq!(of(None), Ok(Schema::Missing));
        assert_eq!(of(Some(&[])), Ok(Schema::Behind));
        // A migration with a lower number may be newer.
        assert_eq!(of(Some(&["02"])), Ok(Schema::Behind));
        assert_eq!(of(Some(&["02", "01"])), Ok(Schema::Current));
        for applied in [
            &["01", "02", "03"] as &[&str],
            &["015"],
            &["01", "99991231000000"],
        ] {
            let error = of(Some(applied)).expect_err("refused");
            assert!(error.contains("newer version"), "{error}");
        }
    }
}
