//! The service, on one address and one database over all its lives.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tillgate_testkit::{Demo, Process, free_address};

use super::client::Clients;
use tillgate_toolbox::interrupt::Interrupt;

/// Seconds that the service waits for a PSP: a lost answer is noticed soon.
const GATEWAY_TIMEOUT: &str = "3";

/// The start command of the service.
pub struct Service {
    tillgate: PathBuf,
    directory: PathBuf,
    database_url: Option<SecretString>,
    address: String,
    /// Its clients.
    pub clients: Clients,
}

impl Service {
    /// Provisions it on an empty database: SQLite in the directory, unless there is a URL.
    pub async fn provision(
        tillgate: &Path,
        directory: &Path,
        database_url: Option<SecretString>,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let address = free_address()?.to_string();
        let service = Self {
            tillgate: tillgate.to_owned(),
            directory: directory.to_owned(),
            database_url,
            clients: Clients::new(&format!("http://{address}"), interrupt)?,
            address,
        };
        // The demo is made for a sandbox within the service only.
        let mut process = service.spawn(&free_address()?.to_string())?;
        let environment = service.data().join(Demo::FILE);
        process.wait_until(async || environment.exists()).await?;
        let demo = Demo::read(&service.data())?;
        let (id, secret) = (
            demo.get("TILLGATE_CLIENT_ID")?,
            demo.get("TILLGATE_CLIENT_SECRET")?,
        );
        service.clients.authorize(id, secret).await?;
        process.stop().await?;
        Ok(service)
    }

    /// Starts it. Returns the time until it was ready.
    pub async fn start(&self) -> Result<(Process, Duration)> {
        let begin = Instant::now();
        let mut process = self.spawn("off")?;
        process.wait_until(async || self.clients.is_ready().await).await?;
        Ok((process, begin.elapsed()))
    }

    /// Starts it without waiting for it.
    pub fn begin_start(&self) -> Result<Process> {
        self.spawn("off")
    }

    /// SQLite's file.
    pub fn database_file(&self) -> PathBuf {
        self.data().join("tillgate.db")
    }

    fn spawn(&self, sandbox_listen: &str) -> Result<Process> {
        let data = self.data();
        let data = data.to_str().context("the directory's name is not UTF-8")?;
        let mut variables = vec![
            ("TILLGATE_DATA_DIR", data),
            ("TILLGATE_LISTEN", self.address.as_str()),
            ("TILLGATE_SANDBOX_LISTEN", sandbox_listen),
            // Its PSPs are the sandbox of another process.
            ("TILLGATE_ALLOW_GATEWAY_RANGE", "127.0.0.1"),
            ("TILLGATE_GATEWAY_TIMEOUT", GATEWAY_TIMEOUT),
            // All clients are one application on one machine, and some of their cards are declined.
            ("TILLGATE_RATE_LIMIT", "0"),
            ("TILLGATE_MAX_FAILURES_OF_ADDRESS", "1000000"),
        ];
        if let Some(url) = &self.database_url {
            // Not as an argument, which every user of the machine can read.
            variables.push(("TILLGATE_DATABASE_URL", url.expose_secret()));
        }
        let log = self.directory.join("service.log");
        tillgate_testkit::start(&self.tillgate, &["serve"], &variables, &log)
    }

    fn data(&self) -> PathBuf {
        self.directory.join("service-data")
    }
}
