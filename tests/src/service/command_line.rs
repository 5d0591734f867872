//! The other commands of `tillgate`, on the data of a running service.

use std::collections::HashMap;
use std::process::Output;

use crate::Api;

use super::{Service, binary, isolated, parse_env};

impl Service {
    /// Runs a command such as `["org", "create", "Name"]` and answers what it prints; panics when it fails.
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
        let path = binary::path().unwrap_or_else(|error| panic!("{error:?}"));
        let mut command = isolated(path);
        command.args(arguments).arg("--data-dir").arg(self.data.path());
        command.args(["--public-url", self.url()]);
        if let Some(url) = self.database.url() {
            command.arg("--database-url").arg(url);
        }
        command
            .output()
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Creates an application with `app create` and these arguments; its credentials by their names in `demo.env`.
    pub fn create_application(&self, arguments: &[&str]) -> HashMap<String, String> {
        parse_env(&self.run(&[&["app", "create"], arguments].concat()))
    }

    /// A client with the token that `tillgate token` gives an application.
    pub fn api_of(&self, application: &HashMap<String, String>) -> Api {
        self.with_token(&self.run(&["token", "--client-id", &application["TILLGATE_CLIENT_ID"]]))
    }
}
