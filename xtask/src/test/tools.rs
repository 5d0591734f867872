//! The pinned Python and Node tools, installed below target/tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::packages::{Requirement, find_program, require};
use super::session::Session;
use super::suite::Preparation;

/// Version that the pinned Node tools require.
const NODE_MAJOR: u32 = 18;

/// The tools of the suites; each set of tools has a directory below tests/tools with its pins.
const PYTHON: &str = "python";
const NODE: &str = "node";

/// A Python environment with tests/tools/python/requirements.txt.
pub fn prepare_python(session: &mut Session) -> Preparation {
    prepare_python_set(session, PYTHON)
}

/// The interpreter of that environment.
pub fn python(session: &Session) -> PathBuf {
    python_program(session, PYTHON, "python")
}

/// A Python environment with the requirements.txt of this set of tools.
pub fn prepare_python_set(session: &mut Session, set: &str) -> Preparation {
    let has_venv = || succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]));
    let requirement = Requirement {
        what: "Python 3 with venv",
        package: "python3-venv",
        is_met: has_venv,
    };
    require(session, &[requirement]).and_then(|| {
        let directory = installation(session, set);
        let pins = session
            .root
            .join("tests/tools")
            .join(set)
            .join("requirements.txt");
        installed(&directory, &pins, "pip", || {
            session.run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
            let mut pip = Command::new(python_program(session, set, "python"));
            session.run(
                pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
                    .arg(&pins),
            )
        })
    })
}

/// A program of an installed Python environment.
pub fn python_program(session: &Session, set: &str, name: &str) -> PathBuf {
    installation(session, set).join("bin").join(name)
}

/// The packages of tests/tools/node/package-lock.json.
pub fn prepare_node(session: &mut Session) -> Preparation {
    prepare_node_set(session, NODE)
}

/// The packages of the package-lock.json of this set of tools.
pub fn prepare_node_set(session: &mut Session, set: &str) -> Preparation {
    let source = session.root.join("tests/tools").join(set);
    prepare_node_project(session, &source, set)
}

/// The packages of the package-lock.json in a directory, installed as this set of tools.
pub fn prepare_node_project(session: &mut Session, source: &Path, set: &str) -> Preparation {
    let requirements = [
        Requirement {
            what: "Node.js 18 or later",
            package: "nodejs",
            is_met: has_node,
        },
        Requirement {
            what: "npm",
            package: "npm",
            is_met: || find_program("npm").is_some(),
        },
    ];
    require(session, &requirements).and_then(|| {
        let directory = installation(session, set);
        installed(&directory, &source.join("package-lock.json"), "npm", || {
            for file in ["package.json", "package-lock.json"] {
                fs::copy(source.join(file), directory.join(file))?;
            }
            let mut npm = Command::new("npm");
            npm.args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]);
            session.run(npm.current_dir(&directory))
        })
    })
}

/// Directory of `node_modules`.
pub fn node_directory(session: &Session) -> PathBuf {
    installation(session, NODE)
}

/// A program of the installed Node packages.
pub fn node_program(session: &Session, name: &str) -> Command {
    node_set_program(session, NODE, name)
}

/// A program of the installed Node packages of this set.
pub fn node_set_program(session: &Session, set: &str, name: &str) -> Command {
    Command::new(installation(session, set).join("node_modules/.bin").join(name))
}

/// Directory of a set of tools.
pub fn installation(session: &Session, set: &str) -> PathBuf {
    session.target.join("tools").join(set)
}

fn has_node() -> bool {
    let output = Command::new("node").arg("--version").output();
    output.is_ok_and(|output| {
        let version = String::from_utf8_lossy(&output.stdout);
        let major = version
            .trim()
            .trim_start_matches('v')
            .split('.')
            .next()
            .unwrap_or_default();
        major.parse::<u32>().is_ok_and(|major| major >= NODE_MAJOR)
    })
}

/// Installs into an empty directory, unless it already has these pins.
fn installed(
    directory: &Path,
    pins: &Path,
    installer: &str,
    install: impl FnOnce() -> Result<()>,
) -> Preparation {
    let attempt = || -> Result<()> {
        let (wanted, stamp) = (fs::read(pins)?, directory.join("installed-pins"));
        if fs::read(&stamp).is_ok_and(|present| present == wanted) {
            return Ok(());
        }
        if directory.exists() {
            fs::remove_dir_all(directory)?;
        }
        fs::create_dir_all(directory)?;
        install()?;
        fs::write(&stamp, wanted).context("the stamp can't be written")
    };
    match attempt() {
        Ok(()) => Preparation::Ready,
        Err(error) => Preparation::Missing {
            why: format!("{} can't be installed ({error:#})", pins.display()),
            add: format!("a network over which {installer} reaches its registry; then run the suite again"),
        },
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
