//! The service and the PSP sandbox, each as a process of its own, and the demo that the payments use.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tillgate_testkit::{Client, Demo, Process, free_address};

use super::api::Api;
use super::http::Connection;

/// The PSP sandbox; killed when dropped.
pub struct Sandbox {
    /// Address of the sandbox.
    pub address: SocketAddr,
    sandbox: tillgate_testkit::Sandbox,
    _process: Process,
}

impl Sandbox {
    /// Starts it with a journal in an empty directory.
    pub async fn start(tillgate: &Path, directory: &Path) -> Result<Self> {
        let address = free_address()?;
        let listen = address.to_string();
        let data = directory.join("sandbox-data");
        let data = data.to_str().context("the directory's name is not UTF-8")?;
        let variables = [
            ("TILLGATE_DATA_DIR", data),
            ("TILLGATE_SANDBOX_LISTEN", listen.as_str()),
        ];
        let log = directory.join("sandbox.log");
        let sandbox = tillgate_testkit::Sandbox::new(Client::new(&format!("http://{address}"))?);
        let mut process = tillgate_testkit::start(tillgate, &["sandbox"], &variables, &log)?;
        process.wait_until(async || sandbox.is_ready().await).await?;
        Ok(Self {
            address,
            sandbox,
            _process: process,
        })
    }

    /// Its origin.
    pub fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// Sets the delay of its answers about new PaymentIntents.
    pub async fn delay(&self, delay: Duration) -> Result<()> {
        let milliseconds = u64::try_from(delay.as_millis())?;
        let fault = json!({
            "method": "POST", "path_prefix": "/v1/payment_intents", "fault": "delay", "delay_ms": milliseconds
        });
        self.sandbox.fault(&fault).await
    }

    /// Ends the delay.
    pub async fn hurry(&self) -> Result<()> {
        self.sandbox.clear_faults().await
    }
}

/// A provisioned database, with the command that starts the service on it.
pub struct Installation {
    tillgate: PathBuf,
    directory: PathBuf,
    database_url: Option<SecretString>,
    address: SocketAddr,
    /// Address and token of the service.
    pub api: Api,
}

impl Installation {
    /// Makes the demo on an empty database (SQLite in the directory, unless there is a URL), and uses `sandbox` as its PSP.
    pub async fn provision(
        tillgate: &Path,
        directory: &Path,
        database_url: Option<SecretString>,
        sandbox: &Sandbox,
    ) -> Result<Self> {
        // The tokens contain the service's URL, so each start uses the same address.
        let address = free_address()?;
        let (tillgate, directory) = (tillgate.to_owned(), directory.to_owned());
        let api = Api::unauthorized(address);
        let mut installation = Self {
            tillgate,
            directory,
            database_url,
            address,
            api,
        };
        // A demo is only made for the sandbox within the service.
        let mut process = installation.spawn(&free_address()?.to_string())?;
        let environment = installation.data().join(Demo::FILE);
        process.wait_until(async || environment.exists()).await?;
        let demo = Demo::read(&installation.data())?;
        installation.api = Api::authorize(address, &demo).await?;
        installation.api.use_sandbox(sandbox.url()).await?;
        process.stop().await?;
        Ok(installation)
    }

    /// Starts the service. Returns the time from the start of its process to the first answer, which needs the database.
    pub async fn start(&self) -> Result<(Process, Duration)> {
        let request = self.api.get("/api/stripe_payments");
        let begin = Instant::now();
        let mut process = self.spawn("off")?;
        process
            .wait_until(async || answers(self.address, &request).await)
            .await?;
        Ok((process, begin.elapsed()))
    }

    fn spawn(&self, sandbox_listen: &str) -> Result<Process> {
        let (data, address) = (self.data(), self.address.to_string());
        let data = data.to_str().context("the directory's name is not UTF-8")?;
        let mut variables = vec![
            ("TILLGATE_DATA_DIR", data),
            ("TILLGATE_LISTEN", address.as_str()),
            ("TILLGATE_SANDBOX_LISTEN", sandbox_listen),
            // Its PSPs are the sandbox of another process.
            ("TILLGATE_ALLOW_GATEWAY_RANGE", "127.0.0.1"),
            // The generator is one client that sends more than one may.
            ("TILLGATE_RATE_LIMIT", "0"),
        ];
        if let Some(url) = &self.database_url {
            // Not as an argument, which every user of the machine can read.
            variables.push(("TILLGATE_DATABASE_URL", url.expose_secret()));
        }
        let log = self.directory.join("service.log");
        tillgate_testkit::start(&self.tillgate, &["serve"], &variables, &log)
    }

    /// The database, if it is SQLite.
    pub fn database_file(&self) -> PathBuf {
        self.data().join("tillgate.db")
    }

    fn data(&self) -> PathBuf {
        self.directory.join("service-data")
    }
}

async fn answers(address: SocketAddr, request: &[u8]) -> bool {
    let status = async {
        let mut connection = Connection::open(address).await?;
        anyhow::Ok(connection.send(request).await?.status)
    };
    status.await.is_ok_and(|status| status == 200)
}
