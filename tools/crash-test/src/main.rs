//! The crash test, `cargo xtask kill`: the service is killed with SIGKILL at random moments under load, while its PSPs are slow, lose
//! answers and refuse requests. In the end the PSPs' ledger, ours and what clients were told must agree.

mod books;
mod client;
mod compare;
mod database;
mod killer;
mod life;
mod progress;
mod report;
mod sandbox;
mod service;
mod shop;
mod trial;
mod witness;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::postgres::{Cluster, Programs};
use tillgate_toolbox::{cargo, say};

use trial::Trial;

/// Kill the service again and again under load, and compare the books at the end.
///
/// The exit code is 1 when something doesn't agree.
#[derive(Parser)]
#[command(name = "crash-test")]
struct Args {
    /// How often the service is killed, on each database
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    kills: u16,
    /// Which database
    #[arg(long, value_enum, default_value_t = Databases::Both)]
    database: Databases,
    /// Seed of the clients' choices and the moments of the kills [default: a random number]
    #[arg(long)]
    seed: Option<u64>,
    /// The service's binary [default: a release build]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Databases {
    Sqlite,
    Postgres,
    Both,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let interrupt = Interrupt::on_signals()?;
    let tillgate = match &args.binary {
        Some(binary) => std::path::absolute(binary)?,
        None => build()?,
    };
    let seed = args.seed.unwrap_or_else(rand::random);
    say::progress(&format!("seed {seed}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut findings = Vec::new();
    for database in [Databases::Sqlite, Databases::Postgres] {
        if args.database != database && args.database != Databases::Both {
            continue;
        }
        // Dropped after everything that is connected to it.
        let cluster = match database {
            Databases::Postgres => {
                let programs = Programs::find();
                let programs =
                    programs.context("no PostgreSQL is installed; --database sqlite goes without")?;
                Some(Cluster::start(&programs)?)
            }
            _ => None,
        };
        let trial = Trial {
            name: if cluster.is_some() { "PostgreSQL" } else { "SQLite" },
            database_url: cluster.as_ref().map(Cluster::url),
            tillgate: &tillgate,
            kills: usize::from(args.kills),
            seed,
            interrupt: interrupt.clone(),
        };
        let finding = runtime.block_on(trial.run());
        findings.push(finding.with_context(|| format!("{} (seed {seed})", trial.name))?);
    }
    say::result(&report::render(seed, &findings));
    let agree = findings.iter().all(|finding| finding.differences.is_empty());
    Ok(if agree {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Builds the service, optimized.
fn build() -> Result<PathBuf> {
    let selection = ["--release", "--package", "tillgate-server", "--bin", "tillgate"];
    cargo::build(Path::new(env!("CARGO_MANIFEST_DIR")), &selection, "tillgate")
}
