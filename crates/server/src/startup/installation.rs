//! The installation that a start finds before it changes anything: a database with its key, neither, or one without the other.

use std::fmt::Display;

use tillgate_payments::accounts;
use tillgate_store::{Db, Found, Schema};

use super::{context, data_directory, master_key};
use crate::{config::Config, failure::Failure, world::SystemEntropy};

/// Reads the schema, and checks that the key exists.
///
/// # Errors
/// The database can't be used, a newer version has used it, or its key is missing: a new key could not decrypt it.
pub fn examine(config: &Config) -> Result<Schema, Failure> {
    let found = look(config)?;
    if found.setting.is_some() {
        require_key(config, "the database has data that was encrypted with its key")?;
    }
    Ok(found.schema)
}

/// Makes sure that a current database and its key exist.
///
/// # Errors
/// They don't. Nothing is created instead.
pub fn require(config: &Config) -> Result<(), Failure> {
    let url = tillgate_store::without_password(&config.database_url);
    match examine(config)? {
        Schema::Missing => Err(Failure::Start(format!(
            "there is no database at {url}; name it with --data-dir or --database-url. `tillgate serve` and `tillgate migrate` \
             create one"
        ))),
        Schema::Behind => Err(Failure::Start(format!(
            "the database {url} is of an earlier version; run `tillgate migrate`"
        ))),
        Schema::Current => require_key(config, "only `tillgate serve` and `tillgate migrate` make one"),
    }
}

/// Creates or migrates the database, and makes a key for a new one.
///
/// # Errors
/// The database, its directory or the key can't be made.
pub fn create(config: &Config) -> Result<(), Failure> {
    // A migration alone does not need the key of an existing database.
    let is_new = look(config)?.setting.is_none();
    let makes_key = is_new && !master_key::is_given(&config.master_key_file);
    if makes_key || config.database_url.starts_with("sqlite://") {
        data_directory::create(config)?;
    }
    context::open_database(config, true)?;
    if makes_key {
        master_key::load(&config.master_key_file, &SystemEntropy)?;
    }
    Ok(())
}

/// The error for a database that can't be used.
pub fn unusable(config: &Config, error: &dyn Display) -> Failure {
    let url = tillgate_store::without_password(&config.database_url);
    Failure::Start(format!("cannot use the database {url}: {error}"))
}

fn look(config: &Config) -> Result<Found, Failure> {
    Db::look(&config.database_url, accounts::KEY_CHECK).map_err(|error| unusable(config, &error))
}

fn require_key(config: &Config, why: &str) -> Result<(), Failure> {
    if master_key::is_given(&config.master_key_file) {
        return Ok(());
    }
    Err(Failure::Start(format!(
        "the master key file {} is missing, and {why}; put it back, or name it with --master-key-file or give the key in {}",
        config.master_key_file.display(),
        master_key::VARIABLE
    )))
}
