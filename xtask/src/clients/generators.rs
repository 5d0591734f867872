//! The generators, and the files that turn their output into a package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::document::{for_generators, for_rust};
use super::files;
use super::language::Language;
use crate::document::{document, document_3_0};
use crate::test::packages::{Requirement, require};
use crate::test::session::Session;
use crate::test::suite::Preparation;
use crate::test::tools;

/// The set of tools with Hey API and the TypeScript compiler.
pub const NODE_TOOLS: &str = "clients-node";
/// The set of tools with OpenAPI Generator and the imports of its Python client.
pub const PYTHON_TOOLS: &str = "clients-python";

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Placeholder for the version in the files of tests/clients.
const VERSION_PLACE: &str = "@VERSION@";
/// OpenAPI Generator's own files.
const TRACES: [&str; 2] = [".openapi-generator", ".openapi-generator-ignore"];
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

const JAVA: Requirement = Requirement {
    what: "Java 11 or later",
    package: "default-jre-headless",
    is_met: || {
        let output = Command::new("java").arg("-version").output();
        output.is_ok_and(|output| output.status.success())
    },
};

/// Prepares the generator of a language.
pub fn prepare(session: &mut Session, language: Language) -> Preparation {
    if language == Language::Typescript {
        return tools::prepare_node_set(session, NODE_TOOLS);
    }
    require(session, &[JAVA]).and_then(|| tools::prepare_python_set(session, PYTHON_TOOLS))
}

/// Generates the client of a language again, with all parts of a package.
///
/// # Errors
/// The generator's, and the file system's.
pub fn generate(session: &Session, language: Language) -> Result<()> {
    let (client, source) = (files::client(session, language), files::source(session, language));
    files::empty(&client)?;
    if language == Language::Typescript {
        hey_api(session, &client, &source)?;
    } else {
        // OpenAPI Generator's support of 3.1 is not complete.
        let document = match language {
            Language::Rust => for_rust(document_3_0()?),
            _ => for_generators(document_3_0()?),
        };
        openapi_generator(session, &document, &client, &source)?;
    }
    package(&source.join("package"), &client)?;
    for licence in LICENCES {
        fs::copy(session.root.join(licence), client.join(licence))?;
    }
    if language == Language::Typescript {
        let mut compiler = tools::node_set_program(session, NODE_TOOLS, "tsc");
        session.run(compiler.arg("--project").arg(&client))?;
    }
    Ok(())
}

/// Hey API reads OpenAPI 3.1.
fn hey_api(session: &Session, client: &Path, source: &Path) -> Result<()> {
    let input = write_document(client, &for_generators(document()?))?;
    let mut generator = tools::node_set_program(session, NODE_TOOLS, "openapi-ts");
    generator
        .arg("--file")
        .arg(source.join("openapi-ts.config.mjs"))
        .env("TILLGATE_CLIENT_INPUT", input)
        .env("TILLGATE_CLIENT_OUTPUT", client.join("src"));
    session.run(generator.current_dir(client))
}

fn openapi_generator(session: &Session, document: &Value, client: &Path, source: &Path) -> Result<()> {
    let input = write_document(client, document)?;
    fs::copy(
        session.root.join("tests/clients/openapi-generator-ignore"),
        client.join(".openapi-generator-ignore"),
    )?;
    let mut generator = Command::new(tools::python_program(
        session,
        PYTHON_TOOLS,
        "openapi-generator-cli",
    ));
    generator
        .arg("generate")
        .arg("--config")
        .arg(source.join("generator.yaml"))
        .arg("--input-spec")
        .arg(input)
        .arg("--output")
        .arg(client)
        .args(["--global-property", "apiTests=false,modelTests=false"])
        .arg("--additional-properties")
        .arg(format!(
            "packageVersion={VERSION},artifactVersion={VERSION},gemVersion={VERSION}"
        ));
    session.run(&mut generator)?;
    for trace in TRACES.map(|name| client.join(name)) {
        if trace.is_dir() {
            fs::remove_dir_all(trace)?;
        } else if trace.exists() {
            fs::remove_file(trace)?;
        }
    }
    Ok(())
}

/// Writes the document that a client is made from beside the client.
fn write_document(client: &Path, document: &Value) -> Result<PathBuf> {
    let file = client.with_extension("openapi.json");
    fs::write(&file, serde_json::to_vec_pretty(document)?)?;
    Ok(file)
}

/// Puts the handwritten files over the generated ones, with the version filled in.
fn package(source: &Path, client: &Path) -> Result<()> {
    for entry in fs::read_dir(source).with_context(|| format!("{} can't be read", source.display()))? {
        let file = entry?;
        let text = fs::read_to_string(file.path())?.replace(VERSION_PLACE, VERSION);
        fs::write(client.join(file.file_name()), text)?;
    }
    Ok(())
}
