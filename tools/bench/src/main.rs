//! The benchmark, `cargo xtask bench`: the service's overhead on this machine, the HTTP library and the database.
//!
//! Each number is the median of several rounds, in which floor and service take turns. `src/bin/floor` has the floors. Load
//! generator, service, floors, sandbox and database share the machine's processors.

mod api;
mod compare;
mod floor;
mod growth;
mod http;
mod load;
mod machine;
mod measurements;
mod progress;
mod report;
mod scene;
mod service;
mod statistics;
mod usage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use secrecy::SecretString;

use compare::Comparison;
use measurements::{Measurement, Plan};
use progress::Progress;
use report::Row;
use scene::{Database, Scene};
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::postgres::{Cluster, Programs};
use tillgate_toolbox::say;

/// Measure the service, compared with the machine and the database alone
///
/// The service and the floors are the programs beside this one. `cargo xtask bench` builds all of them, without optimization if
/// `--unoptimized` is given, which tests the benchmark itself. The exit code is 1 if a target is missed.
#[derive(Parser)]
#[command(name = "tillgate-bench")]
struct Args {
    /// Fewer and shorter rounds, and a tenth of the requests before memory is looked at
    #[arg(long)]
    quick: bool,
    /// SQLite only
    #[arg(long, conflicts_with = "postgres")]
    sqlite: bool,
    /// PostgreSQL only
    #[arg(long)]
    postgres: bool,
    /// Print the table in Markdown
    #[arg(long)]
    markdown: bool,
    /// Only measurements whose name has this in it: get, post, capture, event, replay, latency, start, memory,
    /// refusal, purge
    filter: Option<String>,
    /// Show instead how lists take longer with the number of payments in an organization
    #[arg(long, conflicts_with_all = ["quick", "markdown", "filter", "against"])]
    growth: bool,
    /// Payments of the large organization
    #[arg(long, default_value_t = 1_000_000, requires = "growth")]
    payments: u32,
    /// Compare GET and POST with those of another build of `tillgate`, in turns, instead of with the floors
    #[arg(long, value_name = "BINARY", conflicts_with_all = ["quick", "markdown", "filter"])]
    against: Option<PathBuf>,
    /// Rounds of a comparison, beside one that warms up
    #[arg(long, default_value_t = 11, requires = "against")]
    rounds: usize,
}

fn main() -> Result<ExitCode> {
    let args = &Args::parse();
    let programs = &programs()?;
    let measurements = Measurement::matching(args.filter.as_deref())?;
    let plan = if args.quick { Plan::QUICK } else { Plan::FULL };
    let databases = databases(args)?;
    let interrupt = Interrupt::on_signals()?;
    let progress = Progress::new(interrupt);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if args.growth {
        let table = growth::measure(programs, databases, args.payments, &progress, &runtime)?;
        progress.finish();
        say::result(&table);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(other) = &args.against {
        let other = std::path::absolute(other)?;
        let compared = compare(args, programs, &other, databases, &progress, &runtime)?;
        progress.finish();
        let heading = format!("{} -> this build", other.display());
        say::result(&compare::render(&heading, &compared));
        return Ok(ExitCode::from(u8::from(
            compared.iter().any(Comparison::is_slower),
        )));
    }
    let (mut rows, mut versions) = (Vec::new(), machine::versions(programs)?);
    let sync = machine::sync_milliseconds(programs)?;
    for database in databases {
        // Dropped after everything that is connected to it.
        let cluster = match &database {
            Database::Sqlite => None,
            Database::Postgres(programs) => Some(Cluster::start(programs)?),
        };
        let url = cluster.as_ref().map(Cluster::url);
        versions.push(runtime.block_on(machine::database_version(url.as_ref()))?);
        let measured = runtime.block_on(measure(programs, url, &measurements, &plan, &progress));
        let measured = measured.with_context(|| database.name())?;
        rows.extend(measured.into_iter().map(|row| row.on(database.name())));
    }
    progress.finish();
    let heading = machine::heading(sync, &versions)?;
    say::result(&report::render(&heading, &rows, args.markdown));
    let missed = rows.iter().any(Row::is_missed);
    Ok(if missed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn compare(
    args: &Args,
    programs: &Path,
    other: &Path,
    databases: Vec<Database>,
    progress: &Progress,
    runtime: &tokio::runtime::Runtime,
) -> Result<Vec<Comparison>> {
    let mut compared = Vec::new();
    for database in databases {
        // Each build has a cluster of its own, so that they share no statistics, caches or log.
        let clusters = match &database {
            Database::Sqlite => None,
            Database::Postgres(programs) => Some([Cluster::start(programs)?, Cluster::start(programs)?]),
        };
        let urls = clusters
            .as_ref()
            .map(|clusters| clusters.each_ref().map(Cluster::url));
        let name = database.name();
        let measured = compare::measure(name, programs, other, urls, args.rounds, progress);
        compared.extend(runtime.block_on(measured).context(name)?);
    }
    Ok(compared)
}

/// The directory of this program, the service and the floors.
fn programs() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let directory = this.parent().context("a program lies in a directory")?;
    for program in ["tillgate", "floor"] {
        let missing = || {
            format!(
                "{program} is not in {}: use `cargo xtask bench`",
                directory.display()
            )
        };
        ensure!(directory.join(program).is_file(), missing());
    }
    Ok(directory.to_owned())
}

/// Measures on one database: SQLite unless there is a URL.
async fn measure(
    programs: &Path,
    database_url: Option<SecretString>,
    measurements: &[Measurement],
    plan: &Plan,
    progress: &Progress,
) -> Result<Vec<Row>> {
    let mut scene = Scene::set(programs, &programs.join("tillgate"), database_url, progress).await?;
    let mut rows = Vec::new();
    for measurement in measurements {
        rows.extend(measurement.take(&mut scene, plan).await?);
    }
    scene.end().await?;
    Ok(rows)
}

fn databases(args: &Args) -> Result<Vec<Database>> {
    let mut databases = Vec::new();
    if !args.postgres {
        databases.push(Database::Sqlite);
    }
    if !args.sqlite {
        let programs = Programs::find();
        databases.push(Database::Postgres(
            programs.context("no PostgreSQL is installed; --sqlite goes without")?,
        ));
    }
    Ok(databases)
}
