//! An ephemeral service, started like a client team's tests do.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tillgate_tests::{JSON_API, wait};

const LIMIT: Duration = Duration::from_secs(60);

/// A running `tillgate serve --ephemeral`. Dropping it kills the process.
pub struct Ephemeral {
    child: Child,
    environment: HashMap<String, String>,
    client: reqwest::Client,
    /// The process's temporary directory, which is removed after the process.
    temporary: tempfile::TempDir,
}

/// The end of a process.
pub struct Ended {
    pub code: Option<i32>,
    pub stderr: String,
    /// Names of its remaining temporary files.
    pub left_behind: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }
}

/// An unused port, for two services one after the other.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The command with these arguments after `serve --ephemeral`, without the developer's own settings.
pub fn command(arguments: &[&str]) -> Command {
    let path = tillgate_tests::binary::path().unwrap_or_else(|error| panic!("{error:?}"));
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TILLGATE_")) {
        command.env_remove(name);
    }
    // Its log is not read while it runs.
    command.env("RUST_LOG", "error");
    command.args(["serve", "--ephemeral"]).args(arguments);
    command
}

impl Ephemeral {
    /// Starts on free ports.
    pub async fn start(arguments: &[&str]) -> Self {
        let ports = ["--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"];
        Self::start_at(&[&ports, arguments].concat()).await
    }

    /// Starts with the arguments' addresses.
    pub async fn start_at(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().expect("a directory");
        let file = temporary.path().join("demo.env");
        let child = command(arguments)
            .arg("--env-file")
            .arg(&file)
            .env("TMPDIR", temporary.path())
            .current_dir(temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut service = Self {
            child,
            environment: HashMap::new(),
            client: reqwest::Client::new(),
            temporary,
        };
        let child = &mut service.child;
        let started = wait::until(LIMIT, || match child.try_wait().expect("a child") {
            Some(_) => Some(false),
            None => file.exists().then_some(true),
        });
        if started.await != Some(true) {
            // It may have ended.
            let _ = service.child.kill();
            panic!("not started: {}", service.stderr());
        }
        let text = std::fs::read_to_string(&file).expect("the file is whole");
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        service.environment = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        service
    }

    /// A variable of the file.
    pub fn variable(&self, name: &str) -> &str {
        self.environment
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the file"))
    }

    /// Directories of services among the temporary files.
    pub fn directories(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.temporary.path()).expect("a directory");
        entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_dir())
            .collect()
    }

    /// Sends a request exactly as given.
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = format!("{}{target}", self.variable("TILLGATE_URL"));
        let mut request = self.client.request(method.parse().expect("a method"), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body.to_owned()).send().await.expect("an answer");
        Answer {
            status: response.status().as_u16(),
            text: response.text().await.expect("a whole answer"),
        }
    }

    /// Sends a document with the token, or a request without a body.
    pub async fn call(&self, token: &str, method: &str, target: &str, document: &Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let mut headers = vec![("authorization", authorization.as_str()), ("accept", JSON_API)];
        if document.is_null() {
            return self.send(method, target, &headers, "").await;
        }
        headers.push(("content-type", JSON_API));
        self.send(method, target, &headers, &document.to_string()).await
    }

    /// Requests a token of the demo's integration.
    pub async fn ask_for_token(&self) -> Answer {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": self.variable("TILLGATE_CLIENT_ID"),
            "client_secret": self.variable("TILLGATE_CLIENT_SECRET"),
        });
        let headers = [("content-type", "application/json")];
        self.send("POST", "/oauth/token", &headers, &body.to_string())
            .await
    }

    pub async fn token(&self) -> String {
        let token = self.ask_for_token().await.expect(200);
        token["access_token"].as_str().expect("a token").to_owned()
    }

    /// Ends the process with a signal. Returns how it ended.
    pub async fn end(mut self, signal: Signal) -> Ended {
        let pid = i32::try_from(self.child.id()).expect("a small number");
        kill(Pid::from_raw(pid), signal).expect("the process is there");
        let child = &mut self.child;
        let status = wait::until(LIMIT, || child.try_wait().expect("a child"))
            .await
            .expect("it ends");
        let entries = std::fs::read_dir(self.temporary.path()).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        Ended {
            code: status.code(),
            stderr: self.stderr(),
            left_behind: names.map(|name| name.to_string_lossy().into_owned()).collect(),
        }
    }

    /// Its whole output.
    fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut text).expect("text");
        }
        text
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
