//! A private PostgreSQL cluster for tests and benchmarks.

mod account;
mod programs;
mod tls;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use account::Account;
pub use programs::Programs;

/// Time limit for a start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Time limit for a stop, before the processes are killed.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Another process may take the free port between its choice and the start; then another one is tried.
const ATTEMPTS: usize = 5;
/// Tests run in parallel, each with a service that keeps a pool of connections.
const MAX_CONNECTIONS: usize = 400;

/// A running cluster in a directory of its own, on a free port of 127.0.0.1, with a random password and PostgreSQL's
/// own settings for durability. Dropping it stops it and removes the directory.
pub struct Cluster {
    server: Server,
    password: SecretString,
    // Removed after the server has stopped: fields are dropped in order.
    directory: TempDir,
}

impl Cluster {
    /// Makes and starts a cluster.
    pub fn start(programs: &Programs) -> Result<Self> {
        Self::make(programs, false)
    }

    /// Makes and starts a cluster that takes connections over TLS alone, with a certificate for 127.0.0.1.
    pub fn start_with_tls(programs: &Programs) -> Result<Self> {
        Self::make(programs, true)
    }

    fn make(programs: &Programs, with_tls: bool) -> Result<Self> {
        // PostgreSQL refuses to run as root; an ordinary account then owns the directory. It is in the directory for temporary
        // files because other accounts may not reach a checkout.
        let account = Account::unprivileged()?;
        let directory = tempfile::Builder::new().prefix("tillgate-postgres-").tempdir()?;
        let password = SecretString::from(format!("{:032x}", rand::random::<u128>()));
        let password_file = directory.path().join("password");
        fs::write(&password_file, password.expose_secret())?;
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))?;
        if let Some(account) = &account {
            chown(directory.path(), Some(account.uid), Some(account.gid))?;
            chown(&password_file, Some(account.uid), Some(account.gid))?;
        }
        let data = directory.path().join("data");
        let mut initdb = programs.command("initdb", account.as_ref());
        initdb
            .arg("--pgdata")
            .arg(&data)
            .arg("--pwfile")
            .arg(&password_file);
        initdb.args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        let output = initdb
            .current_dir(directory.path())
            .output()
            .context("initdb can't be run")?;
        ensure!(
            output.status.success(),
            "initdb failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if with_tls {
            tls::configure(&data, account.as_ref())?;
        }
        let server = (0..ATTEMPTS)
            .find_map(
                |attempt| match Server::start(programs, account.as_ref(), directory.path(), &data) {
                    Ok(server) => Some(Ok(server)),
                    Err(_) if attempt + 1 < ATTEMPTS => None,
                    Err(error) => Some(Err(error)),
                },
            )
            .context("no attempt was made")??;
        Ok(Self {
            server,
            password,
            directory,
        })
    }

    /// Where its files are until it is dropped.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The certificate of a cluster with TLS, which is its own authority.
    pub fn certificate(&self) -> PathBuf {
        tls::certificate(&self.directory.path().join("data"))
    }

    /// The port of 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// URL of the maintenance database, as the superuser.
    pub fn url(&self) -> SecretString {
        let password = self.password.expose_secret();
        format!(
            "postgres://postgres:{password}@127.0.0.1:{}/postgres",
            self.server.port
        )
        .into()
    }
}

/// The postmaster; dropping it stops it.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(programs: &Programs, account: Option<&Account>, directory: &Path, data: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log_path = directory.join("log");
        let log = fs::File::create(&log_path)?;
        let mut postgres = programs.command("postgres", account);
        postgres
            .arg("-D")
            .arg(data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
        postgres.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            &format!("max_connections={MAX_CONNECTIONS}"),
        ]);
        // Ctrl-C at the terminal is for the task alone, which stops the server after its last use.
        std::os::unix::process::CommandExt::process_group(&mut postgres, 0);
        postgres
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = Self {
            child: postgres.spawn().context("postgres can't be run")?,
            port,
        };
        server
            .wait_until_ready(data)
            .with_context(|| fs::read_to_string(&log_path).unwrap_or_default())?;
        Ok(server)
    }

    /// The last line of `postmaster.pid` says `ready` once connections are accepted.
    fn wait_until_ready(&mut self, data: &Path) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("PostgreSQL ended at start with {status}");
            }
            let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if state.lines().last().is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "PostgreSQL has not started in {START_LIMIT:?}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGINT is a fast shutdown: sessions are ended, backends too, before the postmaster exits.
    fn stop(&mut self) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGINT)?;
        let deadline = Instant::now() + STOP_LIMIT;
        while self.child.try_wait()?.is_none() {
            if Instant::now() >= deadline {
                self.child.kill()?;
                self.child.wait()?;
                bail!("PostgreSQL had to be killed");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = self.stop()
        {
            crate::say::progress(&format!("PostgreSQL on port {}: {error:#}", self.port));
        }
    }
}
