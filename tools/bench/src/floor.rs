//! The programs that the service is compared with (`src/bin/floor`).

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::program::Program;

/// A running floor; killed when dropped.
pub struct Floor {
    /// Where it listens.
    pub address: SocketAddr,
    _program: Program,
}

impl Floor {
    /// Answers everything with this body.
    pub async fn constant(program: &Path, directory: &Path, body: &[u8]) -> Result<Self> {
        let file = directory.join("constant-body");
        std::fs::write(&file, body)?;
        let mut command = Command::new(program);
        command.arg("constant").arg(file);
        Self::start(command, directory).await
    }

    /// Two commits and a call of the PSP, in a database file of its own or a table of its own.
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
        command.stdout(Stdio::piped());
        let mut program = Program::start(command, &directory.join("floor.log"))?;
        let output = program.child().stdout.take().context("no output of the floor")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let address = line.context("the floor didn't start")?.parse()?;
        Ok(Self {
            address,
            _program: program,
        })
    }
}
