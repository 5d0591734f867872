//! The service and the PSP sandbox, each as a process of its own, and the demo that is paid with.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::process::Command;

use super::api::Api;
use super::http::{self, Connection};
use super::program::{Program, free_address};

/// The PSP sandbox; killed when dropped.
pub struct Sandbox {
    /// Where it listens.
    pub address: SocketAddr,
    _program: Program,
}

impl Sandbox {
    /// Starts it with a journal in an empty directory.
    pub async fn start(tillgate: &Path, directory: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = command(tillgate, &directory.join("sandbox-data"));
        command
            .arg("sandbox")
            .env("TILLGATE_SANDBOX_LISTEN", address.to_string());
        let mut program = Program::start(command, &directory.join("sandbox.log"))?;
        program
            .wait_for(address, &http::bare("GET", "/sandbox/instruments", ""))
            .await?;
        Ok(Self {
            address,
            _program: program,
        })
    }

    /// Its origin.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it takes this long to answer about a new PaymentIntent.
    pub async fn delay(&self, delay: Duration) -> Result<()> {
        let milliseconds = u64::try_from(delay.as_millis())?;
        let fault = json!({
            "method": "POST", "path_prefix": "/v1/payment_intents", "fault": "delay", "delay_ms": milliseconds
        });
        let request = http::with_body(
            "POST",
            "/sandbox/faults",
            "",
            "application/json",
            &fault.to_string(),
        );
        Connection::open(self.address)
            .await?
            .send(&request)
            .await?
            .expect(201)?;
        Ok(())
    }

    /// It answers at once again.
    pub async fn hurry(&self) -> Result<()> {
        let request = http::bare("DELETE", "/sandbox/faults", "");
        Connection::open(self.address)
            .await?
            .send(&request)
            .await?
            .expect(204)?;
        Ok(())
    }
}

/// A provisioned database, and how the service is started on it.
pub struct Installation {
    tillgate: PathBuf,
    directory: PathBuf,
    database_url: Option<SecretString>,
    address: SocketAddr,
    /// The way in.
    pub api: Api,
}

impl Installation {
    /// Makes the demo on an empty database (SQLite in the directory, unless there is a URL), and points it at `sandbox`.
    pub async fn provision(
        tillgate: &Path,
        directory: &Path,
        database_url: Option<SecretString>,
        sandbox: &Sandbox,
    ) -> Result<Self> {
        // The tokens name the service's URL: each start takes the same address.
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
        // A demo is made for the sandbox within the service only.
        let mut program = installation.spawn(&free_address()?.to_string())?;
        let environment = installation.data().join("demo.env");
        // It is written last: the service answers then.
        program.wait_until(async || environment.exists()).await?;
        let variables = variables(&fs::read_to_string(environment)?);
        installation.api = Api::authorize(address, &variables).await?;
        installation.api.use_sandbox(&sandbox.url()).await?;
        program.stop().await?;
        Ok(installation)
    }

    /// Starts the service: how long it took from the start of its process to the first answer, which needs the database.
    pub async fn start(&self) -> Result<(Program, Duration)> {
        let request = self.api.get("/api/stripe_payments");
        let begin = Instant::now();
        let mut program = self.spawn("off")?;
        program.wait_for(self.address, &request).await?;
        Ok((program, begin.elapsed()))
    }

    fn spawn(&self, sandbox_listen: &str) -> Result<Program> {
        let mut command = command(&self.tillgate, &self.data());
        command
            .arg("serve")
            .env("TILLGATE_LISTEN", self.address.to_string())
            .env("TILLGATE_SANDBOX_LISTEN", sandbox_listen)
            // Its PSPs are the sandbox of another process.
            .env("TILLGATE_ALLOW_GATEWAY_RANGE", "127.0.0.1")
            // The generator is one client that asks for more than one may.
            .env("TILLGATE_RATE_LIMIT", "0");
        if let Some(url) = &self.database_url {
            // Not as an argument, which every user of the machine can read.
            command.env("TILLGATE_DATABASE_URL", url.expose_secret());
        }
        Program::start(command, &self.directory.join("service.log"))
    }

    fn data(&self) -> PathBuf {
        self.directory.join("service-data")
    }
}

/// The program with its defaults, whatever the caller's environment and directory say.
fn command(tillgate: &Path, data: &Path) -> Command {
    let mut command = Command::new(tillgate);
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("TILLGATE_")) {
        command.env_remove(name);
    }
    command
        .env_remove("RUST_LOG")
        .env("TILLGATE_DATA_DIR", data)
        .stdout(Stdio::null());
    if let Some(parent) = data.parent() {
        command.current_dir(parent);
    }
    command
}

fn variables(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A variable of demo.env.
pub fn variable<'a>(variables: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str> {
    variables
        .get(name)
        .map(String::as_str)
        .with_context(|| format!("{name} is not in demo.env"))
}
