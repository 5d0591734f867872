//! `tillgate migrate`

use super::print;
use crate::{config::Config, failure::Failure, startup};

/// Runs the command.
///
/// # Errors
/// No database.
pub fn run(config: &Config) -> Result<(), Failure> {
    startup::create_data_directory(config)?;
    startup::open_database(config)?;
    print("The database is up to date.")
}
