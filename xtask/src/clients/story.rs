//! The story of a payment in each language, as a project that uses its client: it orders, pays, captures and refunds, is declined
//! once, and reads a validation error.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::files;
use super::generators::{NODE_TOOLS, PYTHON_TOOLS};
use super::language::Language;
use crate::test::cargo_suites::run_ignored;
use crate::test::packages::find_program;
use crate::test::session::Session;
use crate::test::tools;

/// The command of a story.
struct Story {
    program: PathBuf,
    script: Option<PathBuf>,
    /// The variable for the client's directory, and its value.
    path: Option<(&'static str, PathBuf)>,
}

/// Builds the story of a language, and runs it against a service of its own.
///
/// # Errors
/// The story doesn't compile or doesn't end well.
pub fn run(session: &Session, language: Language) -> Result<()> {
    let project = files::project(session, language);
    files::copy(&files::source(session, language).join("story"), &project)?;
    let client = files::client(session, language);
    let story = match language {
        Language::Typescript => typescript(session, &client, &project)?,
        Language::Python => Story {
            program: tools::python_program(session, PYTHON_TOOLS, "python"),
            script: Some(project.join("story.py")),
            path: Some(("PYTHONPATH", client)),
        },
        Language::Rust => rust(session, &project)?,
        Language::Go => go(session, &project)?,
        Language::Ruby => Story {
            program: program("ruby")?,
            script: Some(project.join("story.rb")),
            path: Some(("RUBYLIB", client.join("lib"))),
        },
        Language::Php => Story {
            program: program("php")?,
            script: Some(project.join("story.php")),
            path: Some(("TILLGATE_CLIENT_LIB", client.join("lib"))),
        },
        Language::Java | Language::Kotlin => anyhow::bail!("there is no story in {}", language.name()),
    };
    let mut environment = vec![("TILLGATE_TEST_STORY_PROGRAM", &*story.program)];
    environment.extend(
        story
            .script
            .iter()
            .map(|script| ("TILLGATE_TEST_STORY_SCRIPT", &**script)),
    );
    environment.extend(story.path.iter().map(|(name, path)| (*name, &**path)));
    run_ignored(session, "clients", None, &environment)
}

fn program(name: &str) -> Result<PathBuf> {
    find_program(name).with_context(|| format!("{name} was there a moment ago"))
}

/// The compiler checks the types that the story uses.
fn typescript(session: &Session, client: &Path, project: &Path) -> Result<Story> {
    let modules = project.join("node_modules");
    files::empty(&modules)?;
    symlink(client, modules.join("tillgate-client"))?;
    let types = tools::installation(session, NODE_TOOLS).join("node_modules/@types");
    let mut compiler = tools::node_set_program(session, NODE_TOOLS, "tsc");
    compiler
        .arg("--project")
        .arg(project)
        .arg("--typeRoots")
        .arg(types);
    session.run(&mut compiler)?;
    Ok(Story {
        program: program("node")?,
        script: Some(project.join("story.js")),
        path: None,
    })
}

fn rust(session: &Session, project: &Path) -> Result<Story> {
    let target = project.join("target");
    let mut cargo = session.cargo();
    cargo
        .args(["build", "--locked", "--quiet", "--manifest-path"])
        .arg(project.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    session.run(&mut cargo)?;
    Ok(Story {
        program: target.join("debug/tillgate-client-story"),
        script: None,
        path: None,
    })
}

fn go(session: &Session, project: &Path) -> Result<Story> {
    let program = project.join("story");
    let mut go = Command::new("go");
    go.args(["build", "-o"]).arg(&program).arg(".");
    session.run(go.current_dir(project))?;
    Ok(Story {
        program,
        script: None,
        path: None,
    })
}
