//! `tillgate app`

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tillgate_model::Id;
use tillgate_payments::{
    ApplicationKind, Context,
    accounts::{self, NewApplication},
    administration,
};

use super::{mode, moment, print, table};
use crate::{config::Config, failure::Failure, startup::with_context};

/// Commands for applications.
#[derive(clap::Subcommand)]
pub enum Command {
    /// List the applications, without their secrets
    List,
    /// Create an application and print its credentials
    Create(Arguments),
    /// Give an application a new secret and print it
    ///
    /// Without --keep-old-for, the old secret and the access tokens that the application has end at once.
    RotateSecret {
        /// Id or client id of the application
        id: String,
        /// How long the old secret works beside the new one, such as 90s, 30m, 24h or 7d
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        keep_old_for: Option<Duration>,
    },
    /// End an application's access tokens, and give it no more until it is enabled
    Disable {
        /// Id or client id of the application
        id: String,
    },
    /// Let an application get access tokens again
    Enable {
        /// Id or client id of the application
        id: String,
    },
    /// Remove an application for good; what it has made stays
    Delete {
        /// Id or client id of the application
        id: String,
    },
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
    match command {
        Command::List => list(config),
        Command::Create(arguments) => create(config, arguments),
        Command::RotateSecret { id, keep_old_for } => {
            let secret = with_context(config, async |context| {
                Ok(administration::rotate_secret(context, &id, keep_old_for).await?)
            })?;
            print_secret(&secret)
        }
        Command::Disable { id } => with_context(config, async |context| {
            Ok(administration::disable(context, &id).await?)
        }),
        Command::Enable { id } => with_context(config, async |context| {
            Ok(administration::enable(context, &id).await?)
        }),
        Command::Delete { id } => with_context(config, async |context| {
            Ok(administration::delete(context, &id).await?)
        }),
    }
}

const COLUMNS: [&str; 9] = [
    "ID",
    "CLIENT ID",
    "NAME",
    "KIND",
    "MODE",
    "ORGANIZATION",
    "STATUS",
    "CREATED",
    "LAST ROTATED",
];

fn list(config: &Config) -> Result<(), Failure> {
    let applications = with_context(config, async |context| {
        Ok(administration::applications(context).await?)
    })?;
    let rows: Vec<_> = applications
        .into_iter()
        .map(|listed| {
            let application = listed.application;
            let status = if listed.disabled_at.is_some() {
                "disabled"
            } else {
                "enabled"
            };
            [
                application.id.to_string(),
                application.client_id,
                application.name,
                application.kind.to_string(),
                mode(application.test),
                listed.organization,
                status.into(),
                moment(Some(listed.created_at)),
                moment(listed.rotated_at),
            ]
        })
        .collect();
    print(&table::render(&COLUMNS, &rows))
}

fn create(config: &Config, arguments: Arguments) -> Result<(), Failure> {
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
    credentials.client_secret.as_ref().map_or(Ok(()), print_secret)
}

fn print_secret(secret: &SecretString) -> Result<(), Failure> {
    print(&format!("TILLGATE_CLIENT_SECRET={}", secret.expose_secret()))
}

/// A whole number with a unit, up to a year.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a duration is a number with a unit, such as 90s, 30m, 24h or 7d, up to 365d";
    const LONGEST: u64 = 365 * 24 * 60 * 60;
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(FORM)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(FORM),
    };
    let number: u64 = digits.parse().map_err(|_| FORM)?;
    match number.checked_mul(unit) {
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        _ => Err(FORM),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "10",
            "0s",
            "-1s",
            "1.5h",
            "1w",
            "366d",
            "99999999999999999999d",
            "1é",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
