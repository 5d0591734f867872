//! Programs of a workspace, built with cargo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The cargo that runs this process, or the one on `PATH`.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `cargo build` in `directory` with these arguments. Returns the path of one of the built programs.
///
/// Unoptimized programs are selected with `--workspace --bin NAME`, like the tests: a selection of packages has dependencies with
/// other features, which would be compiled again.
///
/// # Errors
/// The build fails, or builds no such program.
pub fn build(directory: &Path, arguments: &[&str], program: &str) -> Result<PathBuf> {
    let output = cargo()
        .arg("build")
        .args(arguments)
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(directory)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo can't be run")?;
    ensure!(output.status.success(), "{program} doesn't build");
    let messages = String::from_utf8(output.stdout)?;
    executable(&messages, program).with_context(|| format!("cargo built no program {program}"))
}

/// The path of a program in cargo's JSON messages, one a line.
fn executable(messages: &str, program: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut built = messages.filter(|message| message["target"]["name"] == program);
    built.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages() {
        let messages = "warning\n\
             {\"target\":{\"name\":\"a\"},\"executable\":null}\n\
             {\"target\":{\"name\":\"b\"},\"executable\":\"/t/b\"}\n\
             {\"target\":{\"name\":\"a\"},\"executable\":\"/t/a\"}\n";
        assert_eq!(executable(messages, "a"), Some(PathBuf::from("/t/a")));
        assert_eq!(executable(messages, "c"), None);
    }
}
