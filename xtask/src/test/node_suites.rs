//! The suites that need Node.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::cargo_suites::run_ignored;
use super::packages::{Requirement, find_program, require};
use super::session::Session;
use super::suite::Suite;
use super::tools;
use crate::docs;

const DOCUMENTS: [&str; 2] = ["api-spec/openapi.json", "api-spec/openapi-3.0.json"];

pub const SPEC_LINT: Suite = Suite {
    name: "spec-lint",
    about: "Spectral and Redocly find no error and no warning in the OpenAPI documents.",
    takes_filter: false,
    prepare: tools::prepare_node,
    run: lint,
};

pub const SWAGGER_UI: Suite = Suite {
    name: "swagger-ui",
    about: "Pay orders by clicking in Swagger UI, through 3-D Secure to the capture, in a headless browser.",
    takes_filter: false,
    prepare: |session| require(session, &[CHROMIUM]).and_then(|| tools::prepare_node(session)),
    run: |session| {
        let browser = chromium().context("Chromium was there a moment ago")?;
        let modules = tools::node_directory(session);
        let environment = [
            ("TILLGATE_TEST_CHROMIUM", &*browser),
            ("TILLGATE_TEST_NODE_DIRECTORY", &*modules),
        ];
        run_ignored(session, "swagger_ui", None, &environment)
    },
};

pub const DOCS: Suite = Suite {
    name: "docs",
    about: "Build the documentation; its commands run, its pages load without a request outside, its collection pays.",
    takes_filter: false,
    prepare: |session| {
        let jq = Requirement {
            what: "jq",
            package: "jq",
            is_met: || find_program("jq").is_some(),
        };
        require(session, &[CHROMIUM, jq]).and_then(|| tools::prepare_node(session))
    },
    run: |session| {
        let site = docs::default_directory(session);
        docs::build(session, &site)?;
        let browser = chromium().context("Chromium was there a moment ago")?;
        let modules = tools::node_directory(session);
        let environment = [
            ("TILLGATE_TEST_CHROMIUM", &*browser),
            ("TILLGATE_TEST_NODE_DIRECTORY", &*modules),
            ("TILLGATE_TEST_DOCS", &*site),
        ];
        run_ignored(session, "documentation", None, &environment)
    },
};

const CHROMIUM: Requirement = Requirement {
    what: "Chromium",
    package: "chromium",
    is_met: || chromium().is_some(),
};

fn lint(session: &mut Session) -> Result<()> {
    let settings = session.root.join("tests/tools/node");
    let mut spectral = tools::node_program(session, "spectral");
    spectral
        .args(["lint", "--fail-severity=hint", "--ruleset"])
        .arg(settings.join("spectral.yaml"));
    session.run(spectral.args(DOCUMENTS).current_dir(&session.root))?;
    let mut redocly = tools::node_program(session, "redocly");
    redocly
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    redocly
        .arg("lint")
        .arg("--config")
        .arg(settings.join("redocly.yaml"));
    session.run(redocly.args(DOCUMENTS).current_dir(&session.root))
}

fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(find_program)
}
