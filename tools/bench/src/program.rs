//! A program that is measured, or that is needed for it, as a process of its own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::http::Connection;

/// How long a start and a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a program that starts: little beside the time that a start takes.
const POLL: Duration = Duration::from_millis(1);

/// A running program; killed when dropped.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a command. What it writes to standard error is added to the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let name = command.as_std().get_program().to_owned();
        let file = File::options().create(true).append(true).open(log)?;
        // Ctrl-C at the terminal is for the task alone, which then stops what it has started.
        command
            .stdin(Stdio::null())
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .with_context(|| format!("{} can't be run", name.display()))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// The program's process, for what it is asked beside HTTP.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Comes back once `request` is answered with 200.
    pub async fn wait_for(&mut self, address: SocketAddr, request: &[u8]) -> Result<()> {
        self.wait_until(async || answers(address, request).await).await
    }

    /// Comes back once the condition holds.
    pub async fn wait_until(&mut self, mut condition: impl AsyncFnMut() -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !condition().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("ended at start with {status}:\n{}", self.log());
            }
            ensure!(
                Instant::now() < deadline,
                "not ready after {PATIENCE:?}:\n{}",
                self.log()
            );
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Resident memory in bytes.
    pub fn resident_memory(&self) -> Result<u64> {
        let pid = self.child.id().context("it has ended")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kibibytes
            .context("no VmRSS in the process's status")?
            .parse::<u64>()?
            * 1024)
    }

    /// Processor time of all its threads, in the program and in the kernel.
    pub fn processor_time(&self) -> Result<Duration> {
        let pid = self.child.id().context("it has ended")?;
        let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(pid)?))?;
        Ok(clock.now()?.into())
    }

    /// Ends it as an operator does.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self
            .child
            .id()
            .with_context(|| format!("ended by itself:\n{}", self.log()))?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGTERM)?;
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .context("still runs after SIGTERM")??;
        ensure!(
            status.success(),
            "after SIGTERM it ended with {status}:\n{}",
            self.log()
        );
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

async fn answers(address: SocketAddr, request: &[u8]) -> bool {
    let status = async {
        let mut connection = Connection::open(address).await?;
        anyhow::Ok(connection.send(request).await?.status)
    };
    status.await.is_ok_and(|status| status == 200)
}

/// An address that nothing listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
