//! `tillgate app`

use secrecy::ExposeSecret;
use tillgate_model::Id;
use tillgate_payments::{
    ApplicationKind, Context,
    accounts::{self, NewApplication},
};

use super::print;
use crate::{config::Config, failure::Failure, startup::with_context};

/// What is done to applications.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Create an application and print its credentials
    Create(Arguments),
}

/// An application to create.
#[derive(clap::Args)]
pub struct Arguments {
    /// Id or name of the organization
    #[arg(long)]
    organization: String,
    /// `integration` or `sales_channel`
    #[arg(long, value_parser = kind)]
    kind: ApplicationKind,
    /// Name of the application [default: its kind]
    #[arg(long, value_parser = super::name)]
    name: Option<String>,
    /// Id of the market that a sales channel sells in
    #[arg(long, value_name = "ID")]
    market: Option<Id>,
    /// Live data and real money; without it test data
    #[arg(long)]
    live: bool,
}

fn kind(text: &str) -> Result<ApplicationKind, &'static str> {
    text.parse()
        .map_err(|_| "an application is an `integration` or a `sales_channel`")
}

/// Runs the command.
///
/// # Errors
/// No database, or no such organization.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let Command::Create(arguments) = command;
    let credentials = with_context(config, async |context| {
        let organization_id = organization(context, &arguments.organization).await?;
        let application = NewApplication {
            organization_id,
            name: arguments.name.unwrap_or_else(|| arguments.kind.to_string()),
            kind: arguments.kind,
            test: !arguments.live,
            market_id: arguments.market,
        };
        Ok(accounts::create_application(context, application).await?)
    })?;
    print(&format!("TILLGATE_CLIENT_ID={}", credentials.client_id))?;
    match &credentials.client_secret {
        Some(secret) => print(&format!("TILLGATE_CLIENT_SECRET={}", secret.expose_secret())),
        None => Ok(()),
    }
}

async fn organization(context: &Context, id_or_name: &str) -> Result<Id, Failure> {
    match accounts::find_organization(context, id_or_name).await? {
        Some(id) => Ok(id),
        None => id_or_name
            .parse()
            .map_err(|_| Failure::Start(format!("there is no organization {id_or_name:?}"))),
    }
}
