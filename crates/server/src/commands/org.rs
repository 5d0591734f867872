//! `tillgate org`

use tillgate_payments::accounts;

use super::print;
use crate::{config::Config, failure::Failure, startup::with_context};

/// What is done to organizations.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Create an organization and print its id
    Create {
        /// Name of the organization
        #[arg(value_parser = super::name)]
        name: String,
    },
}

/// Runs the command.
///
/// # Errors
/// No database, or a name that exists.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let Command::Create { name } = command;
    let id = with_context(config, async |context| {
        Ok(accounts::create_organization(context, &name).await?)
    })?;
    print(id.as_str())
}
