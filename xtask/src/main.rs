//! Development tasks of the workspace: `cargo xtask <task>`.

mod advisories;
mod bench;
mod clients;
mod contract;
mod docs;
mod documented;
mod governance;
mod interrupt;
mod kill;
mod licenses;
mod postgres;
mod say;
mod simulate;
mod spec;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development tasks of the workspace")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests, and list what did not run.
    Test(test::Args),
    /// Write the files in api-spec/ that are made from the types, or check them.
    Spec(spec::Args),
    /// Read published documentation, or compare it with the document.
    #[command(subcommand)]
    Documented(documented::Task),
    /// Check a deployment of this API with the documented examples and the document.
    Contract(contract::Args),
    /// Generate clients in other languages from the document, and run their stories.
    Clients(clients::Args),
    /// Build the documentation site and the Postman collection.
    Docs(docs::Args),
    /// Measure the service beside what the machine and the database take by themselves.
    Bench(bench::Args),
    /// Kill the service again and again under load, and compare the books in the end.
    Kill(kill::Args),
    /// Run the service against the PSP sandbox with faults that a seed decides, as many seeds as you like.
    Simulate(simulate::Args),
    /// Check the licences of all dependencies against deny.toml.
    Licenses,
    /// Check all dependencies against known security advisories.
    Advisories,
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().task {
        Task::Test(args) => test::run(&args),
        Task::Spec(args) => spec::run(&args),
        Task::Documented(task) => documented::run(&task),
        Task::Contract(args) => contract::run(&args),
        Task::Clients(args) => clients::run(&args),
        Task::Docs(args) => docs::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Kill(args) => kill::run(&args),
        Task::Simulate(args) => simulate::run(&args),
        Task::Licenses => licenses::run(),
        Task::Advisories => advisories::run(),
    }
}
