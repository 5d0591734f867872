//! The command line.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, error::ErrorKind};

use crate::{
    commands::{app, listen, migrate, openapi, org, payments, sandbox, token},
    config::{Config, Options},
    failure::Failure,
    logging, startup,
};

/// A self-hosted service that takes payments for orders, through Stripe and Checkout.com.
///
/// Every setting is a flag, an environment variable and a key of the settings file, in this order of precedence.
#[derive(Parser)]
#[command(name = "tillgate", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API; the default command
    Serve,
    /// Serve the PSP sandbox alone
    Sandbox,
    /// Create or migrate the database
    Migrate,
    /// Manage organizations
    Org {
        #[command(subcommand)]
        command: org::Command,
    },
    /// Manage applications, which exchange credentials for access tokens
    App {
        #[command(subcommand)]
        command: app::Command,
    },
    /// Inspect payments
    Payments {
        #[command(subcommand)]
        command: payments::Command,
    },
    /// Verify and print the events of a local service, and forward them
    Listen(listen::Arguments),
    /// Print an access token for an application
    Token(token::Arguments),
    /// Print the OpenAPI document
    Openapi(openapi::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return told(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure.to_string());
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let config = Config::load(cli.options)?;
    if config.ephemeral.is_some() && !matches!(cli.command, None | Some(Command::Serve)) {
        return Err(Failure::Usage("ephemeral: is for `serve`".into()));
    }
    logging::start(config.log_format);
    match cli.command {
        None | Some(Command::Serve) => startup::serve(&config),
        Some(Command::Sandbox) => sandbox::run(&config),
        Some(Command::Migrate) => migrate::run(&config),
        Some(Command::Org { command }) => org::run(&config, command),
        Some(Command::App { command }) => app::run(&config, command),
        Some(Command::Payments { command }) => payments::run(&config, &command),
        Some(Command::Listen(arguments)) => listen::run(&config, arguments),
        Some(Command::Token(arguments)) => token::run(&config, &arguments),
        Some(Command::Openapi(arguments)) => openapi::run(&arguments),
    }
}

/// Prints help and version unchanged, a mistake in one line.
fn told(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // An error here means that nobody reads the output.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = io::stderr().write_all(text.as_bytes());
            ExitCode::from(2)
        }
        _ => {
            let paragraph: Vec<&str> = text
                .lines()
                .take_while(|line| !line.is_empty())
                .map(str::trim)
                .collect();
            tell(paragraph.join(" ").trim_start_matches("error: "));
            ExitCode::from(2)
        }
    }
}

fn tell(message: &str) {
    // An error here means that nobody reads the output; the exit code remains.
    let _ = writeln!(io::stderr(), "tillgate: {message}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_stand_before_and_after_the_command() {
        for line in [
            ["tillgate", "--listen", "127.0.0.1:1", "serve"],
            ["tillgate", "serve", "--listen", "127.0.0.1:1"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(cli.options.listen.as_deref(), Some("127.0.0.1:1"));
        }
    }

    #[test]
    fn every_setting_has_a_variable_of_its_name() {
        for argument in Cli::command()
            .get_arguments()
            .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
        {
            let expected = format!("TILLGATE_{}", argument.get_id().as_str().to_uppercase());
            assert_eq!(
                argument.get_env().and_then(|name| name.to_str()),
                Some(expected.as_str())
            );
            assert!(argument.get_help().is_some());
        }
    }

    #[test]
    fn every_setting_has_a_row_in_the_documentation() {
        let page = include_str!("../../../docs/configuration.md");
        for argument in Cli::command()
            .get_arguments()
            .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
        {
            let flag = format!("| `--{}", argument.get_long().expect("a flag"));
            let row = page.lines().any(|line| {
                let rest = line.strip_prefix(&flag);
                rest.is_some_and(|rest| rest.starts_with([' ', '`']))
            });
            assert!(row, "docs/configuration.md has no row for {}", argument.get_id());
        }
    }
}
