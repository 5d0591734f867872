//! Checks that a deployment of an API answers the documented examples as the documentation and the OpenAPI document say, over
//! HTTP only. See the README.

mod deployment;
mod expectation;
mod orders;
mod report;
#[cfg(test)]
mod tests;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use secrecy::SecretString;
use tillgate_toolbox::say;

use deployment::Deployment;
use orders::Orders;
use report::Format;

/// Check a deployment of an API with the documented examples and the OpenAPI document.
///
/// The exit code is 1 when an answer differs from what the documentation or the document says.
#[derive(Parser)]
#[command(name = "openapi-contract", args_override_self = true)]
struct Args {
    /// The OpenAPI document in JSON.
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    /// The published examples, as `documented import` writes them. Without them, only the lists of the document are read.
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
    /// Where the deployment is: the URL before `/api`.
    #[arg(long)]
    url: String,
    /// An access token. It shall be one for test data: payments and orders are made.
    #[arg(long, env = "TILLGATE_ACCESS_TOKEN", hide_env_values = true, conflicts_with_all = ["client_id", "client_secret"])]
    token: Option<String>,
    /// Credentials of an application, to ask for a token with.
    #[arg(long, env = "TILLGATE_CLIENT_ID", requires = "client_secret")]
    client_id: Option<String>,
    #[arg(
        long,
        env = "TILLGATE_CLIENT_SECRET",
        hide_env_values = true,
        requires = "client_id"
    )]
    client_secret: Option<String>,
    /// Where tokens are to be had [default: `/oauth/token` of the deployment].
    #[arg(long, value_name = "URL")]
    token_url: Option<String>,
    /// An order that can be paid with this type, such as `stripe_payments=QWERtyUpBa` (may be given several times, also for
    /// one type). Orders that are not given are made through the API, in a market with a payment method of that type.
    #[arg(long = "order", value_name = "TYPE=ID", value_parser = orders::given)]
    orders: Vec<(String, String)>,
    /// Form of the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn main() -> ExitCode {
    say::end(run(&Args::parse()))
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let document = openapi_document::read(&args.document)?;
    let pages = match &args.examples {
        Some(directory) => documented::load(directory)?,
        None => Vec::new(),
    };
    let deployment = Deployment::new(&args.url, &token(args)?)?;
    let mut orders = Orders::new(args.orders.clone());
    let trials = trial::all(&deployment, &document, &pages, &mut orders)?;
    say::result(&report::render(&trials, args.format)?);
    let clean = trials.iter().all(|trial| trial.differences.is_empty());
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn token(args: &Args) -> anyhow::Result<SecretString> {
    if let Some(token) = &args.token {
        return Ok(SecretString::from(token.clone()));
    }
    let (Some(id), Some(secret)) = (&args.client_id, &args.client_secret) else {
        anyhow::bail!("give --token, or --client-id and --client-secret");
    };
    let url = args.token_url.clone();
    let url = url.unwrap_or_else(|| format!("{}/oauth/token", args.url.trim_end_matches('/')));
    deployment::token(&url, id, secret).with_context(|| format!("no token from {url}"))
}
