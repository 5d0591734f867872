//! Development tasks of the workspace: `cargo xtask <task>`.

mod advisories;
mod clients;
mod dist;
mod docs;
mod document;
mod licenses;
mod new;
mod simulate;
mod test;
mod tool;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development tasks of the workspace")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

/// A task with `arguments` is a program below tools/: `cargo xtask TASK --help` builds it and shows them.
#[derive(Subcommand)]
enum Task {
    /// Run all tests, and list what did not run.
    Test(test::Args),
    /// Write the files in api-spec/ that are made from the types, or check them.
    #[command(disable_help_flag = true)]
    Spec(Arguments),
    /// Read published documentation, or compare it with the document.
    #[command(disable_help_flag = true)]
    Documented(Arguments),
    /// Check a deployment of this API with the documented examples and the document.
    #[command(disable_help_flag = true)]
    Contract(Arguments),
    /// Compare an OpenAPI document with an earlier one.
    #[command(disable_help_flag = true)]
    OpenapiDiff(Arguments),
    /// Generate clients in other languages from the document, and run their stories.
    Clients(clients::Args),
    /// Build the documentation site and the Postman collection.
    Docs(docs::Args),
    /// Make the files of a release: an archive, a Debian package, checksums.
    Dist(dist::Args),
    /// Measure the service, compared with the machine and the database alone.
    #[command(disable_help_flag = true)]
    Bench(Arguments),
    /// Kill the service again and again under load, and compare the books in the end.
    #[command(disable_help_flag = true, visible_alias = "crash-test")]
    Kill(Arguments),
    /// Run the service against the PSP sandbox with faults that a seed decides, as many seeds as you like.
    Simulate(simulate::Args),
    /// Write the first version of a resource or a provider.
    #[command(subcommand)]
    New(new::Task),
    /// Check the licences of all dependencies against deny.toml.
    Licenses,
    /// Check all dependencies against known security advisories.
    Advisories,
}

/// Arguments of a tool.
#[derive(clap::Args)]
struct Arguments {
    /// The tool's own arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    given: Vec<OsString>,
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().task {
        Task::Test(args) => test::run(&args),
        Task::Spec(args) => tool::spec(args.given),
        Task::Documented(args) => tool::documented(args.given),
        Task::Contract(args) => tool::contract(args.given),
        Task::OpenapiDiff(args) => tool::openapi_diff(args.given),
        Task::Clients(args) => clients::run(&args),
        Task::Docs(args) => docs::run(&args),
        Task::Dist(args) => dist::run(&args),
        Task::Bench(args) => tool::bench(args.given),
        Task::Kill(args) => tool::crash_test(args.given),
        Task::Simulate(args) => simulate::run(&args),
        Task::New(task) => new::run(&task),
        Task::Licenses => licenses::run(),
        Task::Advisories => advisories::run(),
    }
}

/// The root of the workspace.
fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}
