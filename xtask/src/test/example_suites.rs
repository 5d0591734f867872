//! The suite of the example projects.

use std::process::Command;

use super::cargo_suites::run_ignored;
use super::packages::{Requirement, require};
use super::suite::Suite;
use super::tools;

/// Directory of the example whose packages are installed, and their place among the tools.
const TYPESCRIPT: &str = "typescript-contract";

pub const EXAMPLES: Suite = Suite {
    name: "examples",
    about: "The client projects in examples/: their tests pass, and fail when a request breaks the contract.",
    takes_filter: false,
    prepare: |session| {
        let python = Requirement {
            what: "Python 3.10 or later",
            package: "python3",
            is_met: has_python,
        };
        require(session, &[python]).and_then(|| {
            let source = session.root.join("examples").join(TYPESCRIPT);
            tools::prepare_node_project(session, &source, TYPESCRIPT)
        })
    },
    run: |session| {
        let installed = tools::installation(session, TYPESCRIPT);
        let environment = [("TILLGATE_TEST_TYPESCRIPT_EXAMPLE", &*installed)];
        run_ignored(session, "examples", None, &environment)
    },
};

fn has_python() -> bool {
    let recent = "import sys; sys.exit(sys.version_info < (3, 10))";
    let output = Command::new("python3").args(["-c", recent]).output();
    output.is_ok_and(|output| output.status.success())
}
