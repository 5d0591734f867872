//! The programs that the service is compared with (`src/bin/floor`).

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tillgate_testkit::Process;

/// A running floor; killed when dropped.
pub struct Floor {
    /// Address of the floor.
    pub address: SocketAddr,
    _process: Process,
}

impl Floor {
    /// A floor that answers everything with this body.
    pub async fn constant(program: &Path, directory: &Path, body: &[u8]) -> Result<Self> {
        let file = directory.join("constant-body");
        std::fs::write(&file, body)?;
        let mut command = Command::new(program);
        command.arg("constant").arg(file);
        Self::start(command, directory).await
    }

    /// A floor of two commits and a call of the PSP, in a database file of its own or a table of its own.
    pub async fn payments(
        program: &Path,
        directory: &Path,
        database_url: Option<&SecretString>,
        psp_url: &str,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.env("FLOOR_PSP_URL", psp_url);
        match database_url {
            None => command.arg("sqlite").arg(directory.join("floor.db")),
            Some(url) => command
                .arg("postgres")
                .env("FLOOR_DATABASE_URL", url.expose_secret()),
        };
        Self::start(command, directory).await
    }

    async fn start(mut command: Command, directory: &Path) -> Result<Self> {
        let log = directory.join("floor.log");
        // The log may have the address of an earlier floor.
        std::fs::write(&log, "")?;
        let mut process = Process::start(command.process_group(0), &log)?;
        let written = || std::fs::read_to_string(&log).unwrap_or_default();
        process.wait_until(async || written().ends_with('\n')).await?;
        let text = written();
        let address = text
            .lines()
            .next()
            .context("the floor names no address")?
            .parse()?;
        Ok(Self {
            address,
            _process: process,
        })
    }
}
