//! `tillgate migrate`

use super::print;
use crate::{config::Config, failure::Failure, startup};

/// Runs the command.
///
/// # Errors
/// The database cannot be made or changed.
pub fn run(config: &Config) -> Result<(), Failure> {
    startup::create_installation(config)?;
    print("The database is up to date.")
}
