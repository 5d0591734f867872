//! The PSP sandbox as a process of its own, which continues while the service is killed.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tillgate_testkit::{Client, Process};

use crate::sandbox::Sandbox;
use crate::service::binary;
use crate::wait;

/// Time limit for a start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running `tillgate sandbox`. Dropping it kills it.
pub struct Psp {
    process: Process,
    url: String,
    data: tempfile::TempDir,
}

impl Psp {
    /// Arguments for a service whose gateways use another PSP than its own sandbox.
    pub const ALLOWED: [&str; 2] = ["--allow-gateway-range", "127.0.0.1"];

    /// Starts one on a free port, with an empty ledger.
    pub async fn start() -> Self {
        Self::try_start()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"))
    }

    async fn try_start() -> Result<Self> {
        let data = tempfile::Builder::new().prefix("tillgate-psp-").tempdir()?;
        let (process, url) = spawn(data.path(), "127.0.0.1:0").await?;
        Ok(Self { process, url, data })
    }

    /// Ends it at once; its address refuses connections from then on.
    pub fn stop(&mut self) {
        let killed = self.process.kill();
        killed.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// Starts it again at the same address, with its former ledger.
    pub async fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        let started = spawn(self.data.path(), &address).await;
        (self.process, _) = started.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// Origin of both PSPs' APIs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The operator's routes.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(Client::over(reqwest::Client::new(), &self.url))
    }
}

/// Starts the process and waits until it prints its address.
async fn spawn(data: &Path, listen: &str) -> Result<(Process, String)> {
    let log = data.join("sandbox.log");
    // An earlier process's output must not count.
    std::fs::write(&log, "")?;
    let mut command = tillgate_testkit::command(binary::path()?);
    command
        .current_dir(data)
        .args(["sandbox", "--sandbox-listen", listen, "--data-dir"])
        .arg(data);
    let mut process = Process::start(&mut command, &log)?;
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let url = wait::until(START_LIMIT, || match process.try_wait() {
        Ok(None) => url_in(&said()).map(Some),
        _ => Some(None),
    });
    let url = url.await.flatten();
    let url = url.with_context(|| format!("the sandbox doesn't start: {}", said()))?;
    Ok((process, url))
}

/// The first URL of a complete line.
fn url_in(log: &str) -> Option<String> {
    let lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let mut words = lines.flat_map(str::split_whitespace);
    words.find(|word| word.starts_with("http://")).map(str::to_owned)
}
