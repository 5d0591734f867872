//! The other commands of `tillgate`, on the data of a running service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use crate::{Api, wait};

use nix::sys::signal::Signal;
use tillgate_testkit::{Demo, Process};

use super::{Service, binary, isolated};

/// Time limit for a command's output or effect.
const LIMIT: Duration = Duration::from_secs(60);

/// A long-running command. Dropping it kills it.
pub struct Running {
    process: Process,
    log: PathBuf,
}

impl Running {
    /// Waits until it has printed a line with all of these words. Returns the line.
    pub async fn until_it_says(&mut self, words: &[&str]) -> String {
        let Self { process, log } = self;
        let read = || std::fs::read_to_string(&log).unwrap_or_default();
        let said = wait::until(LIMIT, || {
            let text = read();
            let mut lines = text.lines();
            let found = lines.find(|line| words.iter().all(|word| line.contains(word)));
            found
                .map(|line| Some(line.to_owned()))
                .or_else(|| ended(process).map(|_| None))
        });
        let said = said.await.flatten();
        said.unwrap_or_else(|| panic!("no line has {words:?}: {}", read()))
    }

    /// Presses Ctrl-C and waits for the end.
    pub async fn interrupt(&mut self) -> ExitStatus {
        let asked = self.process.signal(Signal::SIGINT);
        asked.unwrap_or_else(|error| panic!("{error:?}"));
        let process = &mut self.process;
        let ended = wait::until(LIMIT, || ended(process));
        ended
            .await
            .unwrap_or_else(|| panic!("it has not ended in {LIMIT:?}"))
    }
}

fn ended(process: &mut Process) -> Option<ExitStatus> {
    process.try_wait().unwrap_or_else(|error| panic!("{error:?}"))
}

/// The binary, without arguments and without the developer's own settings.
pub fn command() -> Command {
    isolated(binary::path().unwrap_or_else(|error| panic!("{error:?}")))
}

impl Service {
    /// Runs a command such as `["org", "create", "Name"]` and returns its output. Panics if it fails.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.output_of(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs a command, which may fail.
    pub fn output_of(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Starts a command that runs until it is told to end.
    pub fn start_command(&self, arguments: &[&str]) -> Running {
        let log = self
            .data
            .path()
            .join(format!("{}.log", arguments.join(" ").replace('/', "-")));
        let process = Process::start(&mut self.command(arguments), &log);
        Running {
            process: process.unwrap_or_else(|error| panic!("{arguments:?}: {error:?}")),
            log,
        }
    }

    /// Starts another program that runs until it is told to end.
    pub fn start_beside(&self, command: &mut Command) -> Running {
        let log = self.data.path().join("beside.log");
        let process = Process::start(command, &log);
        Running {
            process: process.unwrap_or_else(|error| panic!("{command:?}: {error:?}")),
            log,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.args(arguments).arg("--data-dir").arg(self.data.path());
        if let Some(url) = self.database.url() {
            command.arg("--database-url").arg(url);
        }
        command
    }

    /// Creates an application with `app create` and these arguments. Returns its credentials by their names in `demo.env`.
    pub fn create_application(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        let printed = self.run(&[&["app", "create"], arguments].concat());
        Demo::parse(&printed).variables().clone()
    }

    /// A client with the token that `tillgate token` prints for an application.
    pub fn api_of(&self, application: &BTreeMap<String, String>) -> Api {
        self.with_token(&self.run(&["token", "--client-id", &application["TILLGATE_CLIENT_ID"]]))
    }
}
