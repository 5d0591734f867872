//! The command line.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tillgate_simulator::{Report, run};

use crate::pool;

#[derive(Parser)]
#[command(about = "Runs the service against the PSP sandbox with faults that a seed decides")]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Run this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// How many seeds run side by side, each on its own thread. Default: one for each processor.
    #[arg(long)]
    jobs: Option<usize>,
    /// With --seed: print everything that happened, with the service's log, also if nothing is wrong.
    #[arg(long, short)]
    verbose: bool,
    /// Go on after a seed that fails, and list them all.
    #[arg(long)]
    keep_going: bool,
    /// Plant this mistake in each run.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_parser = planted_bug)]
    plant: Option<tillgate_simulator::planted::Bug>,
}

#[cfg(feature = "planted-bugs")]
fn planted_bug(name: &str) -> Result<tillgate_simulator::planted::Bug, String> {
    let mut bugs = tillgate_simulator::planted::Bug::ALL.iter();
    let found = bugs.find(|bug| format!("{bug:?}") == name);
    found.copied().ok_or_else(|| "no such mistake".into())
}

impl Args {
    /// Runs a seed as the command line says.
    fn run(&self, seed: u64, keeps_trace: bool) -> Report {
        #[cfg(feature = "planted-bugs")]
        tillgate_simulator::planted::plant(self.plant);
        run(seed, keeps_trace)
    }
}

/// Runs what the command line says.
pub fn run_args() -> ExitCode {
    let args = Args::parse();
    match args.seed {
        Some(seed) => one(&args, seed, args.verbose),
        None => many(&args),
    }
}

fn say(text: &str) {
    // An error here means that nobody reads the output.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

fn one(args: &Args, seed: u64, verbose: bool) -> ExitCode {
    if verbose {
        let log = tracing_subscriber::fmt().without_time().with_writer(io::stdout);
        log.with_max_level(tracing::Level::INFO).init();
    }
    let report = args.run(seed, true);
    if verbose || report.violation.is_some() {
        report.trace.iter().for_each(|line| say(line));
    }
    say(&format!(
        "seed {seed}: hash {}, {} turns, {} crashes, {} money effects, {} calls left to an operator",
        report.hash, report.turns, report.crashes, report.effects, report.flagged
    ));
    match report.violation {
        Some(violation) => {
            say(&format!("FAILED: {violation}"));
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

#[derive(Default)]
struct Sums {
    seeds: u64,
    crashes: u64,
    effects: usize,
    flagged: usize,
    failed: Vec<(u64, String)>,
}

#[allow(clippy::disallowed_methods)] // the speed is measured outside of the simulation
fn many(args: &Args) -> ExitCode {
    let (began, bar) = (Instant::now(), progress_bar(args.seeds));
    let mut sums = Sums::default();
    let jobs = args.jobs.unwrap_or_else(pool::processors);
    let seeds = args.from..args.from.saturating_add(args.seeds);
    pool::each(
        seeds,
        jobs,
        |seed| args.run(seed, false),
        |seed, report: Report| {
            sums.seeds += 1;
            sums.crashes += u64::from(report.crashes);
            sums.effects += report.effects;
            sums.flagged += report.flagged;
            bar.inc(1);
            if let Some(violation) = report.violation {
                bar.suspend(|| say(&format!("seed {seed} FAILED: {violation}")));
                sums.failed.push((seed, violation));
            }
            sums.failed.is_empty() || args.keep_going
        },
    );
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f64();
    say(&format!(
        "{} seeds in {seconds:.1} s ({:.1} a second), {} crashes, {} money effects, {} calls left to an operator, {} failed",
        sums.seeds,
        f64::from(u32::try_from(sums.seeds).unwrap_or(u32::MAX)) / seconds,
        sums.crashes,
        sums.effects,
        sums.flagged,
        sums.failed.len()
    ));
    let Some((seed, _)) = sums.failed.iter().min() else {
        return ExitCode::SUCCESS;
    };
    say(&format!(
        "\nWhat happened in seed {seed} (cargo xtask simulate --seed {seed}):\n"
    ));
    one(args, *seed, false)
}

fn progress_bar(seeds: u64) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(seeds), target);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
