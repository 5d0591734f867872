//! The tasks that are programs of their own, below tools/. xtask builds one and replaces itself with it, so that signals and the
//! exit code are the program's. The programs know nothing of this repository: xtask passes its paths.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use tillgate_toolbox::cargo;

use crate::root;

const UNOPTIMIZED: &str = "--unoptimized";

/// `tools/spec`
pub fn spec(given: Vec<OsString>) -> Result<ExitCode> {
    of_workspace("tillgate-spec", given)
}

/// `tools/documented`, on the published pages in api-spec/.
pub fn documented(mut given: Vec<OsString>) -> Result<ExitCode> {
    let pages = option("--out", "api-spec/documented");
    let repository = match given.first().and_then(|task| task.to_str()) {
        Some("import") => pages,
        Some("diff") => [
            option("--dir", "api-spec/documented"),
            option("--deviations", "api-spec/deviations.yaml"),
            option("--tests", "tests/tests"),
            option("--document", "api-spec/openapi.json"),
        ]
        .concat(),
        _ => Vec::new(),
    };
    // An option that is given again replaces the first one.
    let own = given.len().min(1);
    given.splice(own..own, repository);
    of_workspace("documented", given)
}

/// `tools/contract`, with the document and the examples in api-spec/.
pub fn contract(given: Vec<OsString>) -> Result<ExitCode> {
    let repository = [
        option("--document", "api-spec/openapi.json"),
        option("--examples", "api-spec/documented"),
    ];
    of_workspace("openapi-contract", [repository.concat(), given].concat())
}

/// `tools/openapi-diff`
pub fn openapi_diff(given: Vec<OsString>) -> Result<ExitCode> {
    of_workspace("openapi-diff", given)
}

/// `tools/crash-test`
pub fn crash_test(given: Vec<OsString>) -> Result<ExitCode> {
    of_workspace("crash-test", given)
}

/// `tools/bench`, optimized like the service that it measures.
pub fn bench(mut given: Vec<OsString>) -> Result<ExitCode> {
    let mut selection = vec![
        "--package",
        "tillgate-server",
        "--package",
        "tillgate-bench",
        "--bins",
    ];
    if given.iter().any(|argument| argument == UNOPTIMIZED) {
        given.retain(|argument| argument != UNOPTIMIZED);
    } else {
        selection.push("--release");
    }
    become_program(&selection, "tillgate-bench", &given)
}

/// A tool that is built like the tests build everything.
fn of_workspace(program: &str, given: Vec<OsString>) -> Result<ExitCode> {
    become_program(&["--workspace", "--bin", program], program, &given)
}

fn option(name: &str, path: &str) -> Vec<OsString> {
    vec![name.into(), root().join(path).into()]
}

fn become_program(selection: &[&str], name: &str, arguments: &[OsString]) -> Result<ExitCode> {
    let program = cargo::build(root(), selection, name)?;
    let failure = Command::new(&program).args(arguments).exec();
    Err(failure).with_context(|| format!("{} can't be run", program.display()))
}
