//! The programs that the service is compared with (`src/bin/floor`).

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::program::Program;

/// A running floor.
pub struct Floor {
    /// Where it listens.
    pub address: SocketAddr,
    program: Program,
}

impl Floor {
    /// Answers everything with this body.
    pub async fn constant(program: &Path, directory: &Path, body: &[u8]) -> Result<Self> {
        let file = directory.join("constant-body");
        std::fs::write(&file, body)?;
        Self::start(Command::new(program).arg("constant").arg(file), directory).await
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
            Some(url) => command.arg("postgres").env("FLOOR_DATABASE_URL", url.expose_secret()),
        };
        Self::start(&mut command, directory).await
    }

    async fn start(command: &mut Command, directory: &Path) -> Result<Self> {
        let mut program = Program::start(command.stdout(Stdio::piped()), &directory.join("floor.log"))?;
        let output = program.child().stdout.take().context("no output of the floor")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let address = line.context("the floor didn't start")?.parse()?;
        Ok(Self { address, program })
    }

    /// Ends it.
    pub async fn stop(self) -> Result<()> {
        self.program.stop().await
    }
}
