//! The suites that need cargo, and for one of them PostgreSQL.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;

use super::packages::{Requirement, find_program, require};
use super::session::Session;
use super::suite::{Preparation, Suite, needs_nothing};
use tillgate_toolbox::postgres::{Cluster, Programs};

/// Number of seeds that the simulator runs.
const SIMULATED_SEEDS: u64 = 300;
/// The package of the end-to-end tests, and their program.
const TESTS: &str = "tillgate-tests";
const END_TO_END: &str = "e2e";
/// Failed end-to-end tests that run a second time; more of them are no accident.
const MOST_RETRIED: usize = 3;
/// The tests of the store's lists, which try PostgreSQL too if they are told of one.
const LIST_TESTS: &str = "lists";
/// A test of `tools/toolbox` that needs PostgreSQL.
const CLUSTER_TEST: &str = "postgres_cluster";

pub const LICENSES: Suite = Suite {
    name: "licenses",
    about: "The licence of every dependency is one of deny.toml's.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| crate::licenses::check(&session.root),
};

pub const ADVISORIES: Suite = Suite {
    name: "advisories",
    about: "No dependency has a security advisory that is known here; the RustSec database is asked where it can be.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| crate::advisories::check(&session.root),
};

pub const UNIT: Suite = Suite {
    name: "unit",
    about: "The tests in the crates, documentation examples too.",
    takes_filter: true,
    prepare: needs_nothing,
    run: unit,
};

pub const SPEC: Suite = Suite {
    name: "spec",
    about: "The OpenAPI document against the types, the running service and the documented endpoints.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| {
        let xtask = std::env::current_exe()?;
        session.run(
            Command::new(xtask)
                .args(["spec", "--check"])
                .current_dir(&session.root),
        )
    },
};

pub const SIMULATOR: Suite = Suite {
    name: "simulator",
    about: "300 runs with simulated faults.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| {
        let simulator = session.build("tillgate-simulator")?;
        session.run(Command::new(simulator).args(["--seeds", &SIMULATED_SEEDS.to_string()]))
    },
};

pub const PLANTED_BUGS: Suite = Suite {
    name: "planted-bugs",
    about: "Mistakes that are planted in the domain are found by such runs.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| {
        let mut tests = session.cargo();
        tests.args([
            "test",
            "--workspace",
            "--features",
            "tillgate-simulator/planted-bugs",
        ]);
        session.run(tests.args(["--test", "planted_bugs", "--", "--nocapture"]))
    },
};

pub const E2E_SQLITE: Suite = Suite {
    name: "e2e-sqlite",
    about: "The end-to-end tests on SQLite.",
    takes_filter: true,
    prepare: needs_nothing,
    run: |session| {
        let records = session.coverage_directory();
        if records.exists() {
            fs::remove_dir_all(&records)?;
        }
        end_to_end(session, &[("TILLGATE_TEST_DATABASE", "sqlite")])?;
        session.covered.sqlite = session.filter.is_none();
        Ok(())
    },
};

pub const E2E_POSTGRES: Suite = Suite {
    name: "e2e-postgres",
    about: "The end-to-end tests on a private PostgreSQL cluster.",
    takes_filter: true,
    prepare: needs_postgres,
    run: end_to_end_on_postgres,
};

/// PostgreSQL's programs.
pub fn needs_postgres(session: &mut Session) -> Preparation {
    require(
        session,
        &[
            Requirement {
                what: "PostgreSQL",
                package: "postgresql",
                is_met: || Programs::find().is_some(),
            },
            Requirement {
                what: "openssl",
                package: "openssl",
                is_met: || find_program("openssl").is_some(),
            },
        ],
    )
}

/// Number of kills of the service, on each database; `cargo xtask kill` has more.
const KILLS: &str = "20";

pub const KILL_SQLITE: Suite = Suite {
    name: "kill-sqlite",
    about: "The service is killed 20 times under load on SQLite; no money is lost or moved twice.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| kill(session, "sqlite"),
};

pub const KILL_POSTGRES: Suite = Suite {
    name: "kill-postgres",
    about: "The same on a private PostgreSQL cluster.",
    takes_filter: false,
    prepare: needs_postgres,
    run: |session| kill(session, "postgres"),
};

fn kill(session: &Session, database: &str) -> Result<()> {
    let binary = session.build("tillgate")?;
    let mut task = Command::new(std::env::current_exe()?);
    task.args(["kill", "--kills", KILLS, "--database", database, "--binary"])
        .arg(binary);
    session.run(task.current_dir(&session.root))
}

fn unit(session: &mut Session) -> Result<()> {
    let mut tests = runner(session);
    session.run(
        tests
            .args(["--workspace", "--exclude", TESTS])
            .args(&session.filter),
    )?;
    if uses_nextest(session) {
        // nextest doesn't run examples in documentation; cargo test has run them already.
        let mut examples = session.cargo();
        session.run(
            examples
                .args(["test", "--doc", "--workspace", "--exclude", TESTS])
                .args(&session.filter),
        )?;
    }
    Ok(())
}

fn end_to_end_on_postgres(session: &mut Session) -> Result<()> {
    let programs = Programs::find().context("PostgreSQL was there a moment ago")?;
    let cluster = Cluster::start(&programs)?;
    let url = cluster.url();
    let on_postgres = [
        ("TILLGATE_TEST_DATABASE", "postgres"),
        ("TILLGATE_TEST_POSTGRES_URL", url.expose_secret()),
    ];
    end_to_end(session, &on_postgres)?;
    session.covered.postgres = session.filter.is_none();
    let mut list_tests = session.cargo();
    list_tests.envs(on_postgres);
    session.run(list_tests.args(["test", "--workspace", "--test", LIST_TESTS]))?;
    let mut cluster_tests = session.cargo();
    session.run(cluster_tests.args(["test", "--workspace", "--test", CLUSTER_TEST, "--", "--ignored"]))?;
    let with_tls = Cluster::start_with_tls(&programs)?;
    let (url, certificate) = (with_tls.url(), with_tls.certificate());
    let environment = [
        ("TILLGATE_TEST_POSTGRES_URL", Path::new(url.expose_secret())),
        ("TILLGATE_TEST_CERTIFICATE", &*certificate),
    ];
    run_ignored(session, "database_tls", None, &environment)
}

/// Runs the end-to-end tests. The few that fail run again alone: a run of hundreds on a slow machine does not fail because one
/// of them met another's load, and the report names it.
fn end_to_end(session: &mut Session, environment: &[(&str, &str)]) -> Result<()> {
    let mut tests = end_to_end_tests(session)?;
    let Err(error) = session.run(tests.envs(environment.iter().copied())) else {
        return Ok(());
    };
    let failed = session.log.failed_tests();
    if failed.is_empty() || failed.len() > MOST_RETRIED || session.interrupt.is_set() {
        return Err(error);
    }
    let mut alone = session.cargo();
    alone.args(["test", "--workspace", "--test", END_TO_END]);
    alone.env("TILLGATE_BIN", session.build("tillgate")?);
    alone.envs(environment.iter().copied());
    alone.env("TILLGATE_TEST_COVERAGE_DIR", session.coverage_directory());
    alone.args(["--", "--exact", "--test-threads", "1"]);
    session.run(alone.args(&failed))?;
    session.flaky = failed;
    Ok(())
}

/// A command that runs the end-to-end tests, after the build of the service.
fn end_to_end_tests(session: &Session) -> Result<Command> {
    let binary = session.build("tillgate")?;
    let records = session.coverage_directory();
    fs::create_dir_all(&records)?;
    let mut tests = runner(session);
    tests.arg("--workspace").env("TILLGATE_BIN", binary);
    tests.env("TILLGATE_TEST_COVERAGE_DIR", records);
    tests.args(["--test", END_TO_END]);
    match &session.filter {
        Some(file) if is_file(session, file) => tests.arg(format!("{file}::")),
        name => tests.args(name),
    };
    Ok(tests)
}

/// Whether there is a file of that name with end-to-end tests.
fn is_file(session: &Session, name: &str) -> bool {
    session
        .root
        .join("tests/tests")
        .join(name)
        .with_extension("rs")
        .exists()
}

/// Runs the tests of a file, or one of them, that ordinary runs leave out because they need more than cargo.
pub fn run_ignored(
    session: &Session,
    file: &str,
    test: Option<&str>,
    environment: &[(&str, &Path)],
) -> Result<()> {
    let binary = session.build("tillgate")?;
    let mut tests = session.cargo();
    tests
        .args(["test", "--workspace", "--test", END_TO_END])
        .arg(format!("{file}::{}", test.unwrap_or_default()))
        .env("TILLGATE_BIN", binary);
    tests.envs(environment.iter().copied());
    session.run(tests.args(["--", "--ignored", "--nocapture"]))
}

/// `cargo nextest run` if it is installed, else `cargo test`. With `CI=true` always the latter, so that a run there doesn't
/// depend on the machine.
fn runner(session: &Session) -> Command {
    let mut command = session.cargo();
    if uses_nextest(session) {
        command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]);
    } else {
        command.args(["test", "--no-fail-fast"]);
    }
    command
}

fn uses_nextest(session: &Session) -> bool {
    !session.ci && find_program("cargo-nextest").is_some()
}
