//! `tillgate org`

use tillgate_payments::{accounts, administration};

use super::{moment, print, table};
use crate::{config::Config, failure::Failure, startup::with_context};

/// Commands for organizations.
#[derive(clap::Subcommand)]
pub enum Command {
    /// List the organizations
    List,
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
    match command {
        Command::List => list(config),
        Command::Create { name } => {
            let id = with_context(config, async |context| {
                Ok(accounts::create_organization(context, &name).await?)
            })?;
            print(id.as_str())
        }
    }
}

fn list(config: &Config) -> Result<(), Failure> {
    let organizations = with_context(config, async |context| {
        Ok(administration::organizations(context).await?)
    })?;
    let rows: Vec<_> = organizations
        .into_iter()
        .map(|organization| {
            [
                organization.id,
                organization.name,
                moment(Some(organization.created_at)),
            ]
        })
        .collect();
    print(&table::render(&["ID", "NAME", "CREATED"], &rows))
}
