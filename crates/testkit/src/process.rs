//! A child process that doesn't outlive its owner.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::sleep;

/// Time limit for a start and an orderly stop: a debug build on a busy machine is faster.
const PATIENCE: Duration = Duration::from_secs(90);
/// Time between two checks of a starting process: little beside the time of a start.
const POLL: Duration = Duration::from_millis(1);
/// Length of the end of a log that is shown with an error.
const SHOWN_OF_LOG: usize = 4_000;

/// A child process; dropping it kills it.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command without input. Both of its outputs are appended to the file `log`.
    ///
    /// # Errors
    /// The log can't be opened, or the command can't be started.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("the log {} can't be opened", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let child = command
            .spawn()
            .with_context(|| format!("{command:?} can't be started"))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, once the process has ended.
    ///
    /// # Errors
    /// The operating system's.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("the process can't be waited for")
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// The operating system's.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)
            .with_context(|| format!("{signal} can't be sent"))
    }

    /// Returns once the condition holds.
    ///
    /// # Errors
    /// The process ends before, or the condition does not hold in time; with the end of the log.
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

    /// Sends SIGKILL and waits for the end. Does nothing to a process that has ended.
    ///
    /// # Errors
    /// The operating system's.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().context("the process can't be killed")?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends it like an operator does.
    ///
    /// # Errors
    /// It has ended already, doesn't end in time, or ends with another exit code than 0.
    pub async fn stop(mut self) -> Result<()> {
        self.expect_running()?;
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.try_wait()? {
                break status;
            }
            ensure!(
                Instant::now() < deadline,
                "still runs after SIGTERM:\n{}",
                self.end_of_log()
            );
            sleep(POLL).await;
        };
        ensure!(
            status.success(),
            "after SIGTERM it ended with {status}:\n{}",
            self.end_of_log()
        );
        Ok(())
    }

    /// Fails with the end of the log if the process has ended.
    ///
    /// # Errors
    /// It has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        if let Some(status) = self.try_wait()? {
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

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail on a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
