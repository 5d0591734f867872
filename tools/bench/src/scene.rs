//! All programs that run while one database is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tillgate_testkit::Process;
use tokio_postgres::NoTls;

use super::floor::Floor;
use super::progress::Progress;
use super::service::{Installation, Sandbox};
use super::usage;
use tillgate_toolbox::postgres::Programs;

/// A database that is measured.
pub enum Database {
    Sqlite,
    Postgres(Programs),
}

impl Database {
    /// The name that its makers use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// Sandbox and service on one database, with data of their own.
pub struct Scene<'a> {
    /// The PSP, which answers at once.
    pub sandbox: Sandbox,
    /// The service's data and address.
    pub installation: Installation,
    /// Display of the steps.
    pub progress: &'a Progress,
    service: Option<Process>,
    floor: PathBuf,
    database_url: Option<SecretString>,
    directory: TempDir,
}

impl<'a> Scene<'a> {
    /// Starts everything, with this build of the service, on PostgreSQL if there is a URL. The data is beside the programs, on
    /// the disk of the checkout.
    pub async fn set(
        programs: &Path,
        service: &Path,
        database_url: Option<SecretString>,
        progress: &'a Progress,
    ) -> Result<Self> {
        let target = programs
            .parent()
            .context("the programs lie in the target directory")?;
        let directory = tempfile::Builder::new().prefix("bench-").tempdir_in(target)?;
        let sandbox = Sandbox::start(&programs.join("tillgate"), directory.path())
            .await
            .context("the sandbox")?;
        let provision = Installation::provision(service, directory.path(), database_url.clone(), &sandbox);
        let installation = provision.await.context("the service")?;
        let (service, _) = installation.start().await.context("the service")?;
        Ok(Self {
            sandbox,
            installation,
            progress,
            service: Some(service),
            floor: programs.join("floor"),
            database_url,
            directory,
        })
    }

    /// A floor that answers everything with this body.
    pub async fn constant_floor(&self, body: &[u8]) -> Result<Floor> {
        Floor::constant(&self.floor, self.directory.path(), body).await
    }

    /// A floor that pays with two commits and a call of the sandbox.
    pub async fn payments_floor(&self) -> Result<Floor> {
        let (directory, url) = (self.directory.path(), self.database_url.as_ref());
        Floor::payments(&self.floor, directory, url, self.sandbox.url()).await
    }

    /// Ends the service, until it is restarted.
    pub async fn stop(&mut self) -> Result<()> {
        match self.service.take() {
            Some(service) => service.stop().await,
            None => Ok(()),
        }
    }

    /// Ends the service and starts it again. Returns the time from the start of its process to the first answer.
    pub async fn restart(&mut self) -> Result<Duration> {
        self.stop().await?;
        let (service, duration) = self.installation.start().await?;
        self.service = Some(service);
        Ok(duration)
    }

    /// Gives PostgreSQL's planner the statistics that autovacuum gathers within a minute of a table's first rows. Without them it
    /// treats any index like a primary key.
    pub async fn analyze(&self) -> Result<()> {
        let Some(url) = &self.database_url else {
            return Ok(());
        };
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let driver = tokio::spawn(connection);
        client.batch_execute("ANALYZE").await?;
        drop(client);
        Ok(driver.await??)
    }

    /// Runs SQL in the service's database, in its own words for each of the two.
    pub async fn run_sql(&self, sqlite: &str, postgres: &str) -> Result<()> {
        let Some(url) = &self.database_url else {
            let connection = rusqlite::Connection::open(self.installation.database_file())?;
            return connection
                .execute_batch(sqlite)
                .with_context(|| sqlite.to_owned());
        };
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let driver = tokio::spawn(connection);
        client
            .batch_execute(postgres)
            .await
            .with_context(|| postgres.to_owned())?;
        drop(client);
        Ok(driver.await??)
    }

    /// The number that a query answers.
    pub async fn count(&self, sql: &str) -> Result<i64> {
        let Some(url) = &self.database_url else {
            let connection = rusqlite::Connection::open(self.installation.database_file())?;
            return Ok(connection.query_row(sql, [], |row| row.get(0))?);
        };
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let driver = tokio::spawn(connection);
        let number = client.query_one(sql, &[]).await?.get(0);
        drop(client);
        driver.await??;
        Ok(number)
    }

    /// Resident memory of the service, in bytes.
    pub fn resident_memory(&self) -> Result<u64> {
        usage::resident_memory(self.service.as_ref().context("the service has ended")?)
    }

    /// Processor time that the service has taken so far.
    pub fn processor_time(&self) -> Result<Duration> {
        usage::processor_time(self.service.as_ref().context("the service has ended")?)
    }

    /// A value for SQLite, or another for PostgreSQL.
    pub fn by_database<T>(&self, sqlite: T, postgres: T) -> T {
        if self.database_url.is_none() {
            sqlite
        } else {
            postgres
        }
    }

    /// Ends the service in order.
    pub async fn end(self) -> Result<()> {
        match self.service {
            Some(service) => service.stop().await,
            None => Ok(()),
        }
    }
}
