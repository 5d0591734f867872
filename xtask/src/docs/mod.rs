//! `cargo xtask docs`: the documentation as a static site and a Postman collection. It loads nothing from outside, so that it can
//! be read from a disk and served from anywhere.

mod guides;
mod pages;
mod postman;
mod reference;
#[cfg(test)]
mod style;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::document::document;
use crate::test::session::Session;
use crate::test::suite::Preparation;
use crate::test::tools;
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::say;

/// Name of the Postman collection in the output.
pub const COLLECTION: &str = "tillgate.postman_collection.json";

/// Arguments of `cargo xtask docs`.
#[derive(clap::Args)]
pub struct Args {
    /// Directory of the output; its contents are replaced. Default: docs in cargo's target directory.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the task.
///
/// # Errors
/// A page or an asset can't be read or written, or the pinned Node packages can't be installed.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut session = Session::new(Interrupt::on_signals()?, true, true, false)?;
    session.begin("docs");
    if let Preparation::Missing { why, add } = tools::prepare_node(&mut session) {
        say::progress(&format!("{why}\nto add it: {add}"));
        return Ok(ExitCode::FAILURE);
    }
    let out = args.out.clone().unwrap_or_else(|| default_directory(&session));
    build(&session, &out)?;
    say::result(&out.join("index.html").display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// Default directory of the documentation.
pub fn default_directory(session: &Session) -> PathBuf {
    session.target.join("docs")
}

/// Builds the documentation. The pinned Node packages are installed.
///
/// # Errors
/// A page or an asset can't be read or written.
pub fn build(session: &Session, out: &Path) -> Result<()> {
    let source = session.root.join("docs");
    let document = document()?;
    let guides = guides::read(&source.join("guides"))?;
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| out.display().to_string())?;
    }
    for directory in ["", "assets", "guides", "reference"] {
        fs::create_dir_all(out.join(directory))?;
    }
    copy(&source.join("site/style.css"), &out.join("assets/style.css"))?;
    pages::write(&source.join("site/template.html"), &guides, out)?;
    reference::write(
        &document,
        &tools::node_directory(session).join("node_modules"),
        out,
    )?;
    write(&out.join("openapi.json"), &format!("{document:#}\n"))?;
    let collection = postman::collection(&document)?;
    write(&out.join(COLLECTION), &format!("{collection:#}\n"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}
