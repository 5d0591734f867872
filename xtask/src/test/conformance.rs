//! The suite that generates requests from the document, and the one that checks the end-to-end tests' coverage of it.

use std::path::Path;

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;

use super::cargo_suites::{needs_postgres, run_ignored};
use super::coverage;
use super::session::Session;
use super::suite::{Preparation, Suite, needs_nothing};
use super::tools;
use tillgate_toolbox::postgres::{Cluster, Programs};
use tillgate_toolbox::say;

pub const SCHEMATHESIS: Suite = Suite {
    name: "schemathesis",
    about: "Generated requests, single and along the document's links; more of them with --deep.",
    takes_filter: false,
    prepare: |session| {
        let python = tools::prepare_python(session);
        if session.deep {
            python.and_then(|| needs_postgres(session))
        } else {
            python
        }
    },
    run: |session| {
        if !session.deep {
            return generate(
                session,
                "an_integration",
                "20",
                &[("TILLGATE_TEST_DATABASE", "sqlite")],
            );
        }
        let programs = Programs::find().context("PostgreSQL was there a moment ago")?;
        let cluster = Cluster::start(&programs)?;
        let url = cluster.url();
        let on_postgres = [
            ("TILLGATE_TEST_DATABASE", "postgres"),
            ("TILLGATE_TEST_POSTGRES_URL", url.expose_secret()),
        ];
        for application in ["an_integration", "a_sales_channel", "a_customer"] {
            generate(
                session,
                application,
                "100",
                &[("TILLGATE_TEST_DATABASE", "sqlite")],
            )?;
            generate(session, application, "100", &on_postgres)?;
        }
        Ok(())
    },
};

pub const CONTRACT: Suite = Suite {
    name: "contract",
    about: "`cargo xtask contract` passes this service, and not another server.",
    takes_filter: false,
    prepare: needs_nothing,
    run: |session| {
        let xtask = std::env::current_exe()?;
        run_ignored(
            session,
            "contract_task",
            None,
            &[("TILLGATE_TEST_XTASK", &*xtask)],
        )
    },
};

/// Generated requests must not leave the machine: a gateway with a real PSP's address finds a proxy that refuses.
const REFUSING_PROXY: &str = "http://127.0.0.1:9";

fn generate(session: &Session, test: &str, examples: &str, database: &[(&str, &str)]) -> Result<()> {
    let python = tools::python(session);
    let mut environment = vec![
        ("TILLGATE_TEST_PYTHON", &*python),
        ("TILLGATE_TEST_EXAMPLES", Path::new(examples)),
        ("NO_PROXY", Path::new("127.0.0.1,localhost")),
        ("HTTP_PROXY", Path::new(REFUSING_PROXY)),
        ("HTTPS_PROXY", Path::new(REFUSING_PROXY)),
    ];
    environment.extend(database.iter().map(|(name, value)| (*name, Path::new(value))));
    run_ignored(session, "schemathesis", Some(test), &environment)
}

pub const COVERAGE: Suite = Suite {
    name: "coverage",
    about: "Which declared answers the end-to-end tests have not seen; tests/coverage.yaml lists all of them.",
    takes_filter: false,
    prepare: |session| {
        if session.covered.sqlite && session.covered.postgres {
            return Preparation::Ready;
        }
        Preparation::Missing {
            why: "the end-to-end tests did not all pass on both databases before".to_owned(),
            add: "cargo xtask test --suite e2e-sqlite --suite e2e-postgres --suite coverage".to_owned(),
        }
    },
    run: |session| {
        let report = coverage::report(
            &session.coverage_directory(),
            &session.root.join("tests/coverage.yaml"),
        )?;
        say::progress(&report);
        Ok(())
    },
};
