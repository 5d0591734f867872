//! The `tillgate` binary under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Path of the binary: `TILLGATE_BIN`, or what `cargo build` makes, once per process.
pub fn path() -> Result<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf>> = OnceLock::new();
    match BINARY.get_or_init(|| std::env::var_os("TILLGATE_BIN").map_or_else(build, |path| Ok(path.into()))) {
        Ok(path) => Ok(path),
        Err(error) => bail!("the service can't be built: {error:#}"),
    }
}

fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--workspace",
            "--bin",
            "tillgate",
            "--message-format",
            "json",
        ])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo can't be run")?;
    ensure!(
        output.status.success(),
        "cargo build ended with {}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "tillgate")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo build names no executable")
}
