//! `tillgate token`

use tillgate_payments::accounts;

use super::print;
use crate::{config::Config, failure::Failure, startup::with_context, tokens::Tokens};

/// Which application the token is for.
#[derive(clap::Args)]
pub struct Arguments {
    /// Client id of the application; its secret is not asked for, because who can read the database needs none
    #[arg(long)]
    client_id: String,
}

/// Runs the command. The service takes the token if it has the same `--public-url` (or, without one, `--listen`).
///
/// # Errors
/// No database, or no such application.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let token = with_context(config, async |context| {
        let application = accounts::application_by_client_id(context, &arguments.client_id)
            .await?
            .ok_or_else(|| Failure::Start(format!("there is no application {:?}", arguments.client_id)))?;
        Tokens::new(&context.vault.token_signing_seed(), &context.base_url)
            .issue(&application, None, &*context.clock, &*context.entropy)
            .map_err(|error| Failure::Start(format!("the token cannot be signed: {error}")))
    })?;
    print(&token.token)
}
