//! A service of its own for the check: built, started on free ports, stopped at the end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::blocking::Client;
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tillgate_toolbox::cargo;

use super::Target;

/// How the tests build it, too.
const SERVICE: &[&str] = &["--workspace", "--bin", "tillgate"];
/// How long a start and a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running service; killed when dropped, its data with it.
pub struct Service {
    child: Child,
    directory: TempDir,
}

impl Service {
    /// Builds `tillgate` and starts it with its demo in an empty directory; comes back when it takes requests.
    ///
    /// # Errors
    /// It doesn't build, or ends or isn't ready in time; then with what it wrote.
    pub fn start() -> anyhow::Result<Self> {
        let binary = cargo::build(Path::new(env!("CARGO_MANIFEST_DIR")), SERVICE, "tillgate")?;
        let directory = tempfile::tempdir()?;
        let log = File::create(directory.path().join("log"))?;
        let mut command = Command::new(binary);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--sandbox-listen",
            "127.0.0.1:0",
            "--data-dir",
        ]);
        command
            .arg(directory.path().join("data"))
            .current_dir(directory.path());
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TILLGATE_"))
        {
            command.env_remove(name);
        }
        let child = command
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()?;
        let mut service = Self { child, directory };
        service.wait_until_ready()?;
        Ok(service)
    }

    /// The service writes `demo.env` last and atomically, so that its presence means "ready".
    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        while !self.environment().exists() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended with {status}:\n{}", self.log());
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "the service isn't ready after {PATIENCE:?}:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn environment(&self) -> PathBuf {
        self.directory.path().join("data/demo.env")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The way in, with a fresh access token of the demo's integration.
    ///
    /// # Errors
    /// A variable that isn't in demo.env, or a refused token request.
    pub fn target(&self, client: &Client) -> anyhow::Result<Target> {
        let variables = variables(&fs::read_to_string(self.environment())?);
        let variable = |name: &str| {
            variables
                .get(name)
                .with_context(|| format!("{name} is not in demo.env"))
        };
        let base_url = variable("TILLGATE_URL")?.trim_end_matches('/').to_owned();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", variable("TILLGATE_CLIENT_ID")?),
            ("client_secret", variable("TILLGATE_CLIENT_SECRET")?),
        ];
        let response = client
            .post(format!("{base_url}/oauth/token"))
            .form(&form)
            .send()?
            .error_for_status()?;
        let answer: Value = serde_json::from_slice(&response.bytes()?)?;
        let token = answer["access_token"]
            .as_str()
            .context("the token answer has no access_token")?;
        let ids = variables.iter().filter(|(name, _)| name.ends_with("_ORDER_ID"));
        let example_ids = ids.map(|(_, id)| id.clone()).collect();
        Ok(Target {
            base_url,
            token: SecretString::from(token.to_owned()),
            example_ids,
        })
    }

    /// Ends the service as an operator does, with SIGTERM.
    ///
    /// # Errors
    /// It doesn't end in time, or not with exit code 0.
    pub fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        let status = self.wait()?;
        ensure!(
            status.success(),
            "after SIGTERM the service ended with {status}:\n{}",
            self.log()
        );
        Ok(())
    }

    fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "the service still runs {PATIENCE:?} after SIGTERM:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail on a service that has ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The variables of a file in the form `NAME=value` or `NAME='value'`, with an optional `export`.
fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables_with_and_without_quotes() {
        let read = variables("# demo\nTILLGATE_URL=http://127.0.0.1:1\nexport A='b=c'\n\nD=\"e\"\n");
        let expected = [("TILLGATE_URL", "http://127.0.0.1:1"), ("A", "b=c"), ("D", "e")];
        assert_eq!(
            read,
            expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
    }
}
