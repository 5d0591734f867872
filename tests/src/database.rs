//! The database of one service.

use anyhow::{Context, Result, bail};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::proxy::Proxy;

/// A database for one service alone.
pub(crate) enum Database {
    /// A file in the service's data directory; the service makes it.
    Sqlite,
    /// A database on the cluster at `TILLGATE_TEST_POSTGRES_URL`; dropped at the end.
    Postgres {
        cluster: String,
        name: String,
        /// The proxy between the service and the cluster.
        proxy: Option<Proxy>,
    },
}

impl Database {
    /// Makes an empty one, of the kind in `TILLGATE_TEST_DATABASE`.
    pub async fn create() -> Result<Self> {
        match std::env::var("TILLGATE_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Ok(Self::Sqlite),
            Ok("postgres") => {
                let cluster = std::env::var("TILLGATE_TEST_POSTGRES_URL").context(
                    "TILLGATE_TEST_DATABASE=postgres needs TILLGATE_TEST_POSTGRES_URL, a superuser's URL",
                )?;
                let name = format!("tillgate_test_{:016x}", rand::random::<u64>());
                execute(&cluster, &format!("CREATE DATABASE {name}")).await?;
                Ok(Self::Postgres {
                    cluster,
                    name,
                    proxy: None,
                })
            }
            Ok(other) => bail!("TILLGATE_TEST_DATABASE is {other:?}, expected sqlite or postgres"),
        }
    }

    /// The value for `--database-url`; `None` for the default.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres {
                proxy: Some(proxy),
                name,
                ..
            } => Some(format!("{}/{name}", proxy.server())),
            Self::Postgres { cluster, name, .. } => Some(url_of(cluster, name)),
        }
    }

    /// Adds a proxy between the service and the cluster that can hold up their messages. `None` for a file.
    pub async fn behind_proxy(&mut self) -> Result<Option<&Proxy>> {
        let Self::Postgres { cluster, proxy, .. } = self else {
            return Ok(None);
        };
        *proxy = Some(Proxy::start(cluster).await?);
        Ok(proxy.as_ref())
    }

    /// The proxy between the service and the cluster.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Postgres { proxy, .. } => proxy.as_ref(),
            Self::Sqlite => None,
        }
    }
}

fn url_of(cluster: &str, name: &str) -> String {
    let (server, _) = cluster.rsplit_once('/').unwrap_or((cluster, ""));
    format!("{server}/{name}")
}

impl Database {
    /// Ends all connections and allows no new ones. `false` for a file, which can't go away.
    pub async fn cut_off(&self) -> Result<bool> {
        let Self::Postgres { cluster, name, .. } = self else {
            return Ok(false);
        };
        execute(cluster, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        execute(cluster, &end).await?;
        Ok(true)
    }
}

impl Database {
    /// Runs SQL as the superuser. Returns the first value of the last row if it is text. `None` for a file.
    pub async fn run(&self, sql: &str) -> Result<Option<String>> {
        self.run_in(None, sql).await
    }

    /// Runs SQL like [`Self::run`], in another database of the cluster if one is named.
    pub async fn run_in(&self, other: Option<&str>, sql: &str) -> Result<Option<String>> {
        let Self::Postgres { cluster, name, .. } = self else {
            return Ok(None);
        };
        let url = url_of(cluster, other.unwrap_or(name));
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client
            .simple_query(sql)
            .await
            .with_context(|| format!("{sql} failed"))?;
        drop(client);
        connection.await?.context("the connection to PostgreSQL broke")?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(Some(rows.last().unwrap_or_default()))
    }
}

impl Drop for Database {
    #[expect(
        clippy::print_stdout,
        reason = "the test runner shows it beside the test's result"
    )]
    fn drop(&mut self) {
        let Self::Postgres { cluster, name, .. } = self else {
            return;
        };
        let statement = format!("DROP DATABASE {name} WITH (FORCE)");
        // A test's own runtime can't be awaited from here, so this one runs beside it.
        let dropped = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()?;
                    runtime.block_on(execute(cluster, &statement))
                })
                .join()
        });
        if let Ok(Err(error)) = dropped {
            println!("the database {name} stays behind: {error:#}");
        }
    }
}

async fn execute(url: &str, statement: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("no connection to PostgreSQL")?;
    let connection = tokio::spawn(connection);
    client
        .batch_execute(statement)
        .await
        .with_context(|| format!("{statement} failed"))?;
    drop(client);
    connection.await?.context("the connection to PostgreSQL broke")
}
