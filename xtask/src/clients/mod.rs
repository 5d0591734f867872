//! `cargo xtask clients`: makes clients in other languages from the document, with the generators of their ecosystems, and runs
//! the story of a payment through each.

mod document;
mod files;
mod generators;
mod language;
mod story;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum as _;

use crate::test::packages::require;
use crate::test::report::{Outcome, Report};
use crate::test::session::Session;
use crate::test::suite::Preparation;
pub use language::Language;
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::say;

/// Arguments of `cargo xtask clients`.
#[derive(clap::Args)]
pub struct Args {
    /// Languages [default: all]
    #[arg(value_enum, value_name = "LANG")]
    languages: Vec<Language>,
    /// Run the story of a payment through each client, against a service of its own. Those of Java and Kotlin are only
    /// generated.
    #[arg(long)]
    test: bool,
    /// Don't install missing Debian packages. They are installed only for root, where apt-get is.
    #[arg(long)]
    no_install: bool,
    /// Show the output of the generators as it comes. Default: only if one fails.
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the task. The exit code is 1 when a client can't be generated, or its story doesn't end well.
///
/// # Errors
/// The workspace can't be read, or signals can't be caught.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut session = Session::new(Interrupt::on_signals()?, !args.no_install, args.verbose, false)?;
    let chosen = if args.languages.is_empty() {
        Language::value_variants()
    } else {
        &args.languages
    };
    let mut report = Report::default();
    for &language in chosen {
        if session.interrupt.is_set() {
            report.add(language.name(), Outcome::not_run("interrupted", "run it again"));
            continue;
        }
        say::progress(&format!("{} …", language.name()));
        let started = Instant::now();
        let outcome = one(&mut session, language, args.test && language.has_story());
        report.add_timed(language.name(), outcome, started.elapsed());
    }
    say::result(&report.render());
    say::result(&format!("clients: {}", files::clients(&session).display()));
    Ok(if report.passed(true) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one(session: &mut Session, language: Language, with_story: bool) -> Outcome {
    session.begin(&format!("clients-{}", language.name()));
    let mut preparation = generators::prepare(session, language);
    if with_story {
        preparation = preparation.and_then(|| require(session, language.requirements()));
    }
    crate::test::attempt(session, language.name(), preparation, |session| {
        if with_story {
            tell(session, language)
        } else {
            generators::generate(session, language)
        }
    })
}

/// Prepares the clients of these languages and their stories.
pub fn prepare(session: &mut Session, languages: &[Language]) -> Preparation {
    languages.iter().fold(Preparation::Ready, |ready, language| {
        ready
            .and_then(|| generators::prepare(session, *language))
            .and_then(|| require(session, language.requirements()))
    })
}

/// Generates the client of a language, and runs the story through it.
///
/// # Errors
/// The generator or the story fails.
pub fn tell(session: &mut Session, language: Language) -> Result<()> {
    say::progress(&format!("  {} …", language.name()));
    generators::generate(session, language)?;
    story::run(session, language)
}
