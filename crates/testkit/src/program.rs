//! The `tillgate` binary.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tillgate_toolbox::cargo;

use crate::process::Process;

/// Builds the binary, unoptimized and with the features of all tests. Returns its path.
///
/// # Errors
/// It doesn't build.
pub fn build() -> Result<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    cargo::build(directory, &["--workspace", "--bin", "tillgate"], "tillgate")
}

/// A command that runs `program` with the defaults of `tillgate`: the settings of the caller's environment don't leak in.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("TILLGATE_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command
}

/// Starts `tillgate` for a tool, in the directory of `log`.
///
/// It is in a process group of its own: Ctrl-C at the terminal is for the tool alone, which then ends its processes.
///
/// # Errors
/// It can't be started.
pub fn start(tillgate: &Path, arguments: &[&str], variables: &[(&str, &str)], log: &Path) -> Result<Process> {
    let mut command = command(tillgate);
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(log.parent().context("a log lies in a directory")?)
        .process_group(0);
    Process::start(&mut command, log)
}

/// An unused address of this machine.
///
/// # Errors
/// The operating system's.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
