//! Builds what is measured and what measures it, both optimized, and runs the benchmark.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Comes back only if it fails: the process becomes the built task.
pub fn and_run(unoptimized: bool) -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args([
            "build",
            "--package",
            "tillgate-server",
            "--package",
            "xtask",
            "--bins",
        ])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    if !unoptimized {
        command.arg("--release");
    }
    let output = command.output().context("cargo can't be run")?;
    ensure!(output.status.success(), "the programs don't build");
    let messages = String::from_utf8(output.stdout)?;
    let mut built = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let task =
        built.find(|message| message["target"]["name"] == "xtask" && message["executable"].is_string());
    let task = task.and_then(|message| message["executable"].as_str().map(PathBuf::from));
    let task = task.context("cargo names no binary of xtask")?;
    let programs = task.parent().context("a binary lies in a directory")?;
    let failure = Command::new(&task)
        .args(std::env::args_os().skip(1))
        .arg("--built")
        .arg(programs)
        .exec();
    Err(failure).with_context(|| format!("{} can't be run", task.display()))
}
