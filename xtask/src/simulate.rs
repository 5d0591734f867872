//! `cargo xtask simulate`: the fault simulator, built for speed.

use std::process::ExitCode;

use anyhow::Result;
use tillgate_toolbox::cargo::cargo;

const PACKAGE: &str = "tillgate-simulator";

/// Options of the task.
#[derive(clap::Args)]
pub struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Run this seed alone, and print what happened if it fails.
    #[arg(long)]
    seed: Option<u64>,
    /// How many seeds run side by side. Default: one for each processor.
    #[arg(long)]
    jobs: Option<usize>,
    /// With --seed: print everything that happened, also if nothing is wrong.
    #[arg(long, short)]
    verbose: bool,
    /// Go on after a seed that fails.
    #[arg(long)]
    keep_going: bool,
}

/// Runs the simulator.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut command = cargo();
    command.current_dir(crate::root());
    command.args(["run", "--quiet", "--release", "--package", PACKAGE, "--"]);
    command.args([
        "--seeds",
        &args.seeds.to_string(),
        "--from",
        &args.from.to_string(),
    ]);
    if let Some(seed) = args.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    if let Some(jobs) = args.jobs {
        command.args(["--jobs", &jobs.to_string()]);
    }
    for (given, option) in [(args.verbose, "--verbose"), (args.keep_going, "--keep-going")] {
        if given {
            command.arg(option);
        }
    }
    let passed = command.status()?.success();
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
