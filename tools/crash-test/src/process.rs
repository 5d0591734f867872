//! A program as a process of its own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How long a start and an orderly stop may take; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks at a program that starts.
const POLL: Duration = Duration::from_millis(5);
/// So much of the end of a log is shown with an error.
const SHOWN_OF_LOG: usize = 4_000;

/// A running program; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `tillgate` with its defaults and these variables, whatever the caller's environment says. What it writes is
    /// added to the file `log`.
    pub fn start(
        tillgate: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        log: &Path,
    ) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(tillgate);
        let settings = std::env::vars_os().map(|(name, _)| name);
        for name in settings.filter(|name| name.to_string_lossy().starts_with("TILLGATE_")) {
            command.env_remove(name);
        }
        // Ctrl-C at the terminal is for the task alone, which then ends what it has started.
        command
            .args(arguments)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .current_dir(log.parent().context("a log lies in a directory")?)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .with_context(|| format!("{} can't be run", tillgate.display()))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Comes back once the condition holds.
    pub async fn wait_until(&mut self, mut condition: impl AsyncFnMut() -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !condition().await {
            self.expect_running()?;
            ensure!(
                Instant::now() < deadline,
                "not ready after {PATIENCE:?}:\n{}",
                self.end_of_log()
            );
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Sends SIGKILL and collects the process. One that had ended by itself is an error.
    pub async fn kill(mut self) -> Result<()> {
        self.expect_running()?;
        Ok(self.child.kill().await?)
    }

    /// Ends it as an operator does.
    pub async fn stop(mut self) -> Result<()> {
        self.expect_running()?;
        let pid = self.child.id().context("it has ended")?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .with_context(|| format!("still runs after SIGTERM:\n{}", self.end_of_log()))??;
        ensure!(
            status.success(),
            "after SIGTERM it ended with {status}:\n{}",
            self.end_of_log()
        );
        Ok(())
    }

    fn expect_running(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("ended by itself with {status}:\n{}", self.end_of_log());
        }
        Ok(())
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let begin = log.len().saturating_sub(SHOWN_OF_LOG);
        String::from_utf8_lossy(&log[begin..]).into_owned()
    }
}

/// An address that nothing listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
