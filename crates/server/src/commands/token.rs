//! `tillgate token`

use tillgate_payments::accounts;

use super::print;
use crate::{config::Config, failure::Failure, startup::with_context, tokens::Tokens};

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Arguments {
    /// Client id of the application; no secret is needed, because the command reads the database
    #[arg(long)]
    client_id: String,
}

/// Runs the command. The service that uses this database accepts the token, because the database has the service's public URL.
///
/// # Errors
/// No database, or no such application.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let token = with_context(config, async |context| {
        let application = accounts::application_by_client_id(context, &arguments.client_id)
            .await?
            .ok_or_else(|| Failure::Start(format!("there is no application {:?}", arguments.client_id)))?;
        let public_url = accounts::public_url(context).await?;
        let public_url = public_url.as_deref().unwrap_or(&context.base_url);
        // The service also takes tokens of this issuer, whatever its settings are.
        Tokens::new(&context.cipher.token_signing_seed(), public_url, public_url)
            .issue(&application, None, &*context.clock, &*context.entropy)
            .map_err(|error| Failure::Start(format!("the token cannot be signed: {error}")))
    })?;
    print(&token.token)
}
