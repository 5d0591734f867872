//! One running `tillgate serve`, with its own data directory and database.

pub mod binary;
mod command_line;
pub use command_line::{Running, command};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::Value;
use tillgate_testkit::{Client, Demo, Process};
use tokio::sync::OnceCell;

use crate::api::{Api, JSON};
use crate::contract::Contract;
use crate::database::Database;
use crate::proxy::Proxy;
use crate::sandbox::Sandbox;
use crate::wait;

/// Time limit for a start: a debug build on a busy machine is much faster.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Time limit for a stop.
const STOP_LIMIT: Duration = Duration::from_secs(30);
const LOG: &str = "service.log";

/// A running service. Dropping it kills the process and removes its data.
pub struct Service {
    // Fields are dropped in this order: the process ends before its files go.
    process: Process,
    demo: Demo,
    contract: Arc<Contract>,
    client: reqwest::Client,
    integration_token: OnceCell<String>,
    extra_arguments: Vec<String>,
    database: Database,
    // Removed last, and kept until then.
    data: tempfile::TempDir,
}

impl Service {
    /// Starts a service on free ports, with a fresh data directory and database and a provisioned demo.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a service with more command line arguments for `serve`.
    pub async fn start_with(extra_arguments: &[&str]) -> Self {
        Self::start_in(&[], extra_arguments).await
    }

    /// Starts a service in an environment with these variables, until a restart.
    pub async fn start_in(variables: &[(&str, &str)], extra_arguments: &[&str]) -> Self {
        let started = Self::try_start(variables, extra_arguments).await;
        started.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Starts a service behind a proxy of its database server, which can hold up their messages.
    pub async fn start_behind_proxy() -> Self {
        let database = async {
            let mut database = Database::create().await?;
            database.behind_proxy().await?;
            Self::start_on(database, &[], &[]).await
        };
        database.await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The proxy of the database server, if the service was started with one.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.database.proxy()
    }

    /// Limits the size of every file that the service writes, in bytes; `None` for no limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let status = Command::new("prlimit")
            .arg(format!("--pid={}", self.process.id()))
            .arg(format!("--fsize={limit}:unlimited"))
            .status();
        assert!(
            status.as_ref().is_ok_and(ExitStatus::success),
            "prlimit: {status:?}"
        );
    }

    async fn try_start(variables: &[(&str, &str)], extra_arguments: &[&str]) -> Result<Self> {
        Self::start_on(Database::create().await?, variables, extra_arguments).await
    }

    async fn start_on(
        database: Database,
        variables: &[(&str, &str)],
        extra_arguments: &[&str],
    ) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("tillgate-test-").tempdir()?;
        let extra_arguments: Vec<String> = extra_arguments.iter().map(ToString::to_string).collect();
        let mut command = serve(data.path(), &database, any_port(), any_port())?;
        command.args(&extra_arguments).envs(variables.iter().copied());
        let process = Process::start(&mut command, &data.path().join(LOG))?;
        let mut service = Self {
            process,
            demo: Demo::default(),
            contract: Arc::new(Contract::new(serde_json::json!({ "paths": {} }))?),
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(60))
                .build()?,
            integration_token: OnceCell::new(),
            extra_arguments,
            database,
            data,
        };
        service.wait_until_started().await?;
        let document = service
            .client
            .get(format!("{}/openapi.json", service.url()))
            .send()
            .await?;
        let document = serde_json::from_slice::<Value>(&document.error_for_status()?.bytes().await?);
        service.contract = Contract::of_process(|| document.context("/openapi.json is not JSON"))?;
        Ok(service)
    }

    /// A command `serve` on the given data directory with the database of this service, for tests of starting.
    pub fn serve_command(&self, data_dir: &Path, listen: SocketAddr) -> Command {
        serve(data_dir, &self.database, listen, any_port()).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The process writes `demo.env` last: once it exists, the service answers.
    async fn wait_until_started(&mut self) -> Result<()> {
        let path = self.data.path().join(Demo::FILE);
        let process = &mut self.process;
        let ended = wait::until(START_LIMIT, || match process.try_wait() {
            Ok(None) => path.exists().then_some(Ok(None)),
            ended => Some(ended),
        })
        .await;
        match ended {
            Some(Ok(None)) => {}
            Some(Err(error)) => return Err(error),
            Some(Ok(Some(status))) => {
                anyhow::bail!("the service ended at start with {status}:\n{}", self.log())
            }
            None => anyhow::bail!("the service has not started in {START_LIMIT:?}:\n{}", self.log()),
        }
        self.demo = Demo::read(self.data.path())?;
        Ok(())
    }

    /// Ends the process at once, like a power cut.
    pub fn kill9(&mut self) {
        let killed = self.process.kill();
        killed.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// URL of the service's database, as `--database-url` takes it.
    pub fn database_url(&self) -> String {
        let default = || format!("sqlite://{}", self.data.path().join("tillgate.db").display());
        self.database.url().unwrap_or_else(default)
    }

    /// Tells the process to stop (SIGTERM) and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        let asked = self.process.signal(Signal::SIGTERM);
        asked.unwrap_or_else(|error| panic!("{error:?}"));
        let process = &mut self.process;
        let ended = || process.try_wait().unwrap_or_else(|error| panic!("{error:?}"));
        let status = wait::until(STOP_LIMIT, ended).await;
        status.unwrap_or_else(|| panic!("the service has not stopped in {STOP_LIMIT:?}:\n{}", self.log()))
    }

    /// Starts the process again on the same data, database and ports, after [`Self::kill9`] or [`Self::terminate`].
    pub async fn restart(&mut self) {
        let (listen, sandbox) = (
            address_of(self.url()),
            address_of(&self.demo("TILLGATE_SANDBOX_URL")),
        );
        let started = async {
            let _ = std::fs::remove_file(self.data.path().join(Demo::FILE));
            let mut command = serve(self.data.path(), &self.database, listen, sandbox)?;
            let log = self.data.path().join(LOG);
            self.process = Process::start(command.args(&self.extra_arguments), &log)?;
            self.wait_until_started().await
        };
        if let Err(error) = started.await {
            panic!("{error:?}");
        }
    }

    /// Takes the database away from the service for good. `false` on SQLite, whose file can't go away.
    pub async fn cut_off_database(&self) -> bool {
        let cut_off = self.database.cut_off().await;
        cut_off.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Runs SQL in the service's database. Returns the first value of the last row. `None` on SQLite, whose file is the service's
    /// alone.
    pub async fn run_in_database(&self, sql: &str) -> Option<String> {
        let outcome = self.database.run(sql).await;
        outcome.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Runs SQL in another database of the cluster.
    pub async fn run_in_other_database(&self, name: &str, sql: &str) {
        let outcome = self.database.run_in(Some(name), sql).await;
        outcome.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// The process's output to stdout and stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join(LOG)).unwrap_or_else(|error| format!("no log: {error}"))
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// Origin of the API.
    pub fn url(&self) -> &str {
        let url = self.demo.get("TILLGATE_URL");
        url.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// A value of `demo.env`.
    pub fn demo(&self, key: &str) -> String {
        let value = self.demo.get(key);
        value.unwrap_or_else(|error| panic!("{error:?}")).to_owned()
    }

    /// All of `demo.env`, as environment variables for a program that uses this service.
    pub fn demo_environment(&self) -> &BTreeMap<String, String> {
        self.demo.variables()
    }

    /// The embedded PSP sandbox.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(Client::over(
            self.client.clone(),
            &self.demo("TILLGATE_SANDBOX_URL"),
        ))
    }

    /// A client with the token of the demo's integration application.
    pub async fn api(&self) -> Api {
        let token = self.integration_token.get_or_init(async || {
            let credentials = serde_json::json!({
                "grant_type": "client_credentials",
                "client_id": self.demo("TILLGATE_CLIENT_ID"),
                "client_secret": self.demo("TILLGATE_CLIENT_SECRET"),
            });
            let call = self
                .anonymous()
                .call("POST", "/oauth/token")
                .header("Accept", JSON);
            let answer = call.json_as(JSON, &credentials).send().await.expect(200);
            answer.body["access_token"]
                .as_str()
                .unwrap_or_else(|| panic!("no access token: {answer:?}"))
                .to_owned()
        });
        self.with_token(token.await)
    }

    /// A client with this access token.
    pub fn with_token(&self, token: &str) -> Api {
        self.anonymous().with_token(token)
    }

    /// A client without an access token.
    pub fn anonymous(&self) -> Api {
        Api::new(
            Client::over(self.client.clone(), self.url()),
            self.contract.clone(),
        )
    }
}

impl Drop for Service {
    #[expect(
        clippy::print_stdout,
        reason = "the test runner shows it beside the test's failure"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("-- log of the service --\n{}", self.log());
        }
    }
}

fn serve(data: &Path, database: &Database, listen: SocketAddr, sandbox: SocketAddr) -> Result<Command> {
    let mut command = isolated(binary::path()?);
    // Tests send faster than callers may. These are variables, so that a test of a limit can still set it with the flag.
    for limit in [
        "TILLGATE_RATE_LIMIT",
        "TILLGATE_CLIENT_RATE_LIMIT",
        "TILLGATE_MAX_TOKENS_OF_ADDRESS",
        "TILLGATE_MAX_SIGN_UPS_OF_ADDRESS",
    ] {
        command.env(limit, "0");
    }
    // Relative paths, such as that of a `tillgate.toml`, start here.
    command.current_dir(data);
    command.arg("serve").arg("--listen").arg(listen.to_string());
    command
        .arg("--sandbox-listen")
        .arg(sandbox.to_string())
        .arg("--data-dir")
        .arg(data);
    if let Some(url) = database.url() {
        command.arg("--database-url").arg(url);
    }
    Ok(command)
}

/// The binary without the developer's own settings, which must not leak in.
fn isolated(binary: &Path) -> Command {
    let mut command = tillgate_testkit::command("sh");
    // A write beyond a file's size limit must be an error, and must not end the process.
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(binary);
    command
}

/// Port 0 of the loopback address: the operating system picks a free one.
fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The socket address in a URL such as `http://127.0.0.1:8080`.
fn address_of(url: &str) -> SocketAddr {
    let authority = url.trim_start_matches("http://").trim_end_matches('/');
    authority
        .parse()
        .unwrap_or_else(|error| panic!("{url} names no socket address: {error}"))
}
