//! A service for the check: built, started on free ports, stopped at the end.

use tempfile::TempDir;
use tillgate_testkit::{Client, Demo, Process};

use super::Target;

/// A running service; killed when dropped, its data with it.
pub struct Service {
    process: Process,
    directory: TempDir,
}

impl Service {
    /// Builds `tillgate` and starts it with its demo in an empty directory; returns when it accepts requests.
    ///
    /// # Errors
    /// It doesn't build, ends, or isn't ready in time; with its output.
    pub async fn start() -> anyhow::Result<Self> {
        let binary = tillgate_testkit::build()?;
        let directory = tempfile::tempdir()?;
        let data = directory.path().join("data");
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--sandbox-listen",
            "127.0.0.1:0",
        ];
        let variables = [("TILLGATE_DATA_DIR", "data")];
        let log = directory.path().join("log");
        let mut process = tillgate_testkit::start(&binary, &arguments, &variables, &log)?;
        process
            .wait_until(async || data.join(Demo::FILE).exists())
            .await?;
        Ok(Self { process, directory })
    }

    /// URL of the service and a new access token of the demo's integration.
    ///
    /// # Errors
    /// A variable that isn't in demo.env, or a refused token request.
    pub async fn target(&self) -> anyhow::Result<Target> {
        let demo = Demo::read(&self.directory.path().join("data"))?;
        let service = Client::new(demo.get("TILLGATE_URL")?)?;
        let (id, secret) = (
            demo.get("TILLGATE_CLIENT_ID")?,
            demo.get("TILLGATE_CLIENT_SECRET")?,
        );
        let token = service.token(id, secret).await?;
        let variables = demo.variables().iter();
        let ids = variables.filter(|(name, _)| name.ends_with("_ORDER_ID"));
        Ok(Target {
            base_url: service.origin().to_owned(),
            token,
            example_ids: ids.map(|(_, id)| id.clone()).collect(),
        })
    }

    /// Ends the service like an operator does.
    ///
    /// # Errors
    /// It doesn't end in time, or not with exit code 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}
