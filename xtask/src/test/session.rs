//! The shared parts of a run's suites: directories, settings, the running of commands.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::log::Log;
use tillgate_toolbox::cargo::cargo;
use tillgate_toolbox::interrupt::Interrupt;
use tillgate_toolbox::say;

/// Time limit of a command: a longer one hangs.
const COMMAND_LIMIT: Duration = Duration::from_secs(40 * 60);
/// Time between SIGTERM and SIGKILL.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// One run of `cargo xtask test`.
pub struct Session {
    /// Root of the workspace.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
    /// Set by Ctrl-C.
    pub interrupt: Interrupt,
    /// Whether missing Debian packages may be installed.
    pub install: bool,
    /// Whether this is a run with `CI=true`.
    pub ci: bool,
    /// Part of the names of the Rust tests to run.
    pub filter: Option<String>,
    /// Whether more requests are generated than usual.
    pub deep: bool,
    /// The databases on which all end-to-end tests have run and recorded their answers.
    pub covered: Covered,
    /// Tests of the present suite that failed at first, and passed when they ran again alone.
    pub flaky: Vec<String>,
    /// The output of the present suite's commands.
    pub log: Log,
    verbose: bool,
}

/// Databases with recorded answers.
#[derive(Default)]
pub struct Covered {
    /// SQLite.
    pub sqlite: bool,
    /// PostgreSQL.
    pub postgres: bool,
}

impl Session {
    /// Finds the workspace.
    pub fn new(interrupt: Interrupt, install: bool, verbose: bool, ci: bool) -> Result<Self> {
        let root = crate::root().to_owned();
        let metadata = cargo()
            .current_dir(&root)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()?;
        let metadata: serde_json::Value =
            serde_json::from_slice(&metadata.stdout).context("cargo metadata")?;
        let target = PathBuf::from(
            metadata["target_directory"]
                .as_str()
                .context("no target directory")?,
        );
        Ok(Self {
            root,
            target,
            interrupt,
            install,
            ci,
            filter: None,
            deep: false,
            covered: Covered::default(),
            flaky: Vec::new(),
            log: Log::default(),
            verbose,
        })
    }

    /// Begins the log file of a suite.
    pub fn begin(&mut self, suite: &str) {
        self.log = Log::new(&self.target.join("xtask-test"), suite);
        self.flaky.clear();
    }

    /// Shows the output of the suite's commands, unless it was shown already.
    pub fn show_log(&self) {
        if !self.verbose {
            say::result(&self.log.read());
        }
    }

    /// Directory of the recorded answers of the end-to-end tests.
    pub fn coverage_directory(&self) -> PathBuf {
        self.target.join("xtask-test/coverage")
    }

    /// A command of cargo's, in the workspace.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// Builds a program of the workspace, unoptimized. Like all builds of the suites it selects the whole workspace: a selection
    /// of packages has dependencies with other features, which would be compiled again for each.
    pub fn build(&self, program: &str) -> Result<PathBuf> {
        self.run(self.cargo().args(["build", "--workspace", "--bin", program]))?;
        Ok(self.target.join("debug").join(program))
    }

    /// Runs a command to its end. It fails unless the exit status is 0, and when Ctrl-C or the time limit ends it.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut written = self.log.attach(command.process_group(0))?;
        let mut child = command.spawn().with_context(|| format!("{name} can't be run"))?;
        let deadline = Instant::now() + COMMAND_LIMIT;
        loop {
            let ended = child.try_wait()?;
            if self.verbose {
                written.show();
            }
            if let Some(status) = ended {
                ensure!(status.success(), "{name} ended with {status}");
                return Ok(());
            }
            if self.interrupt.is_set() || Instant::now() >= deadline {
                stop_group(&mut child)?;
                bail!(if self.interrupt.is_set() {
                    "interrupted"
                } else {
                    "the time limit is over"
                });
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Ends a command and all processes that it started, which stay in its process group.
fn stop_group(child: &mut Child) -> Result<()> {
    let group = Pid::from_raw(i32::try_from(child.id())?);
    killpg(group, Signal::SIGTERM)?;
    let deadline = Instant::now() + STOP_LIMIT;
    while child.try_wait()?.is_none() {
        if Instant::now() >= deadline {
            killpg(group, Signal::SIGKILL)?;
            child.wait()?;
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
