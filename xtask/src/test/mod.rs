//! `cargo xtask test`: runs every suite, and lists those that did not run.

pub mod cargo_suites;
mod client_suites;
mod conformance;
mod coverage;
mod example_suites;
mod log;
mod node_suites;
pub mod packages;
mod python_suites;
pub mod report;
pub mod session;
pub mod suite;
pub mod tools;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use report::{Outcome, Report};
use session::Session;
use suite::{Preparation, Suite};
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::say;

/// All suites, in the order of their runs: fast failures come first.
const SUITES: &[Suite] = &[
    cargo_suites::LICENSES,
    cargo_suites::ADVISORIES,
    cargo_suites::UNIT,
    cargo_suites::SPEC,
    cargo_suites::SIMULATOR,
    cargo_suites::PLANTED_BUGS,
    cargo_suites::E2E_SQLITE,
    cargo_suites::E2E_POSTGRES,
    conformance::COVERAGE,
    conformance::CONTRACT,
    cargo_suites::KILL_SQLITE,
    cargo_suites::KILL_POSTGRES,
    python_suites::SPEC_VALIDATOR,
    node_suites::SPEC_LINT,
    python_suites::SDK,
    python_suites::WEBHOOKS,
    conformance::SCHEMATHESIS,
    node_suites::SWAGGER_UI,
    node_suites::DOCS,
    example_suites::EXAMPLES,
    client_suites::CLIENTS,
    client_suites::CLIENTS_GO,
    client_suites::CLIENTS_RUBY,
    client_suites::CLIENTS_PHP,
];

/// Options of the task.
#[derive(clap::Args)]
pub struct Args {
    /// Run only this suite (may be given several times). Default: all.
    #[arg(long = "suite", value_name = "NAME", value_parser = suite_names())]
    suites: Vec<String>,
    /// List the suites and end.
    #[arg(long)]
    list: bool,
    /// Don't install missing Debian packages. They are installed only for root, where apt-get is.
    #[arg(long)]
    no_install: bool,
    /// Generate more requests, on both databases and for each kind of application (suite `schemathesis`).
    #[arg(long)]
    deep: bool,
    /// Show the output of suites as it comes. Default: only that of a failed suite, except with CI=true.
    #[arg(long, short)]
    verbose: bool,
    /// Run only the end-to-end tests in this file of tests/tests (without `.rs`), or the Rust tests whose name contains
    /// this. Suites without such tests are left out.
    filter: Option<String>,
}

fn suite_names() -> clap::builder::PossibleValuesParser {
    SUITES.iter().map(|suite| suite.name).collect::<Vec<_>>().into()
}

/// Runs the chosen suites. Fails if one of them did, and with `CI=true` also if one did not run.
pub fn run(args: &Args) -> Result<ExitCode> {
    if args.list {
        SUITES
            .iter()
            .for_each(|suite| say::result(&format!("{:<16}{}", suite.name, suite.about)));
        return Ok(ExitCode::SUCCESS);
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut session = Session::new(Interrupt::on_signals()?, !args.no_install, args.verbose || ci, ci)?;
    session.filter.clone_from(&args.filter);
    session.deep = args.deep;
    let mut report = Report::default();
    for suite in SUITES.iter().filter(|suite| is_chosen(suite, args)) {
        if session.interrupt.is_set() {
            report.add(suite.name, Outcome::not_run("interrupted", "run it again"));
            continue;
        }
        say::progress(&format!("{} …", suite.name));
        let started = Instant::now();
        let outcome = run_suite(suite, &mut session);
        say::progress(&format!(
            "{} {} ({:.1} s)",
            suite.name,
            outcome.word(),
            started.elapsed().as_secs_f32()
        ));
        report.add_timed(suite.name, outcome, started.elapsed());
    }
    say::result(&report.render());
    let passed = report.passed(ci) && !session.interrupt.is_set();
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn is_chosen(suite: &Suite, args: &Args) -> bool {
    let named = args.suites.is_empty() || args.suites.iter().any(|name| name == suite.name);
    named && (args.filter.is_none() || suite.takes_filter)
}

fn run_suite(suite: &Suite, session: &mut Session) -> Outcome {
    session.begin(suite.name);
    let preparation = (suite.prepare)(session);
    attempt(session, suite.name, preparation, suite.run)
}

/// Runs a prepared suite, and shows its output if it fails.
pub fn attempt(
    session: &mut Session,
    name: &str,
    preparation: Preparation,
    run: impl FnOnce(&mut Session) -> Result<()>,
) -> Outcome {
    match preparation {
        Preparation::Missing { why, add } => Outcome::NotRun { why, add },
        Preparation::Ready => match run(session) {
            Ok(()) => match std::mem::take(&mut session.flaky) {
                none if none.is_empty() => Outcome::Passed,
                flaky => Outcome::Flaky(flaky),
            },
            Err(error) => {
                session.show_log();
                let why = format!("{error:#}");
                say::progress(&format!("{name}: {why}"));
                Outcome::Failed {
                    why,
                    excerpt: session.log.excerpt(),
                }
            }
        },
    }
}
