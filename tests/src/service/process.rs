//! A child process that doesn't outlive its owner.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A child process; dropping it kills it.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a command with both its outputs appended to `log`.
    pub fn spawn(command: &mut Command, log: PathBuf) -> Result<Self> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .context("the log can't be opened")?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command
            .spawn()
            .with_context(|| format!("{command:?} can't be started"))?;
        Ok(Self(child))
    }

    /// The exit status, once the process has ended.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.0
            .try_wait()
            .unwrap_or_else(|error| panic!("the process can't be waited for: {error}"))
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.send(Signal::SIGTERM);
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.send(Signal::SIGINT);
    }

    fn send(&self, signal: Signal) {
        let sent = i32::try_from(self.0.id()).map(|pid| kill(Pid::from_raw(pid), signal));
        assert!(matches!(sent, Ok(Ok(()))), "{signal} can't be sent: {sent:?}");
    }

    /// Sends SIGKILL and collects the process. Nothing happens to one that has ended.
    pub fn kill(&mut self) {
        let killed = self.0.kill().and_then(|()| self.0.wait());
        // A panic here could hide the failure of the test that is being left.
        if let Err(error) = killed
            && !std::thread::panicking()
        {
            panic!("the process can't be killed: {error}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
