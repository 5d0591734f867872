//! The database: SQLite or PostgreSQL.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};

use crate::{Found, StoreError, health::Health, inline::Inline, postgres_backend, sqlite_backend};

/// Name of the counter of committed transactions.
pub const TRANSACTIONS_COMMITTED: &str = "tillgate_transactions_committed_total";

/// Time limit for a read or a transaction, including all of its own waiting.
const PATIENCE: Duration = Duration::from_secs(4);

/// A database.
#[derive(Clone)]
pub enum Db {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
    /// SQLite on the caller's thread, for simulations.
    Inline(Inline),
}

/// SQLite in a file.
#[derive(Clone)]
pub struct Sqlite {
    path: Arc<PathBuf>,
    writer: Arc<sqlite_backend::Writer>,
    health: Arc<Health>,
}

/// A PostgreSQL server.
#[derive(Clone)]
pub struct Postgres {
    url: Arc<str>,
    connections_per_thread: usize,
    health: Arc<Health>,
}

/// A connection that queries run on: in a transaction in [`Db::write`], without one in [`Db::read`].
pub enum Tx<'a> {
    /// A connection to SQLite.
    Sqlite(&'a mut sqlite_backend::Connection),
    /// A connection to PostgreSQL.
    Postgres(postgres_backend::Pipeline),
}

impl Db {
    /// Opens `sqlite://PATH`, `postgres://…` or `postgresql://…`, and migrates the tables if `migrate`.
    pub fn open(url: &str, connections_per_thread: usize, migrate: bool) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let path = PathBuf::from(path);
            let writer = Arc::new(sqlite_backend::Writer::start(&path, migrate)?);
            return Ok(Self::Sqlite(Sqlite {
                path: Arc::new(path),
                writer,
                health: Arc::default(),
            }));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            if migrate {
                postgres_backend::migrate(url)?;
            }
            return Ok(Self::Postgres(Postgres {
                url: url.into(),
                connections_per_thread,
                health: Arc::default(),
            }));
        }
        Err(StoreError::Unavailable(
            "the database URL begins with sqlite:// or postgres://".into(),
        ))
    }

    /// Reads the schema and one setting of a database, without creating or changing anything. Blocks.
    pub fn look(url: &str, setting: &str) -> Result<Found, StoreError> {
        match url.strip_prefix("sqlite://") {
            Some(path) => sqlite_backend::look(Path::new(path), setting),
            None => postgres_backend::look(url, setting),
        }
    }

    /// Opens a SQLite file that need not survive a power cut: nothing waits for the disk. Migrates its tables.
    pub fn open_temporary(path: &Path) -> Result<Self, StoreError> {
        let writer = Arc::new(sqlite_backend::Writer::start_unsynced(path)?);
        Ok(Self::Sqlite(Sqlite {
            path: Arc::new(path.to_owned()),
            writer,
            health: Arc::default(),
        }))
    }

    /// Copies a SQLite database to a new file. Blocks.
    pub fn save_copy(&self, copy: &Path) -> Result<(), StoreError> {
        sqlite_backend::copy::save(self.file()?, copy)
    }

    /// Restores the contents of a SQLite database from its copy. Blocks.
    pub fn restore_copy(&self, copy: &Path) -> Result<(), StoreError> {
        sqlite_backend::copy::restore(self.file()?, copy)
    }

    fn file(&self) -> Result<&Path, StoreError> {
        match self {
            Self::Sqlite(sqlite) => Ok(&sqlite.path),
            Self::Postgres(_) | Self::Inline(_) => {
                Err(StoreError::Unavailable("the database is no SQLite file".into()))
            }
        }
    }

    /// Runs queries that only read, and awaits nothing but queries. Everything that they read is on disk when this returns.
    pub async fn read<T, E>(&self, read: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        match self {
            Self::Sqlite(sqlite) => {
                let outcome = sqlite_backend::read(&sqlite.path, |connection| {
                    at_once(read(&mut Tx::Sqlite(connection)))
                })?;
                match timeout(PATIENCE, sqlite.writer.settled()).await {
                    Ok(()) => outcome,
                    Err(_) => Err(StoreError::Unavailable("the disk does not answer in time".into()).into()),
                }
            }
            Self::Postgres(postgres) => postgres.read(read).await,
            Self::Inline(inline) => inline.read(read).await,
        }
    }

    /// Runs queries in one transaction, which is committed if they succeed and rolled back if not. It must await nothing but
    /// queries: no PSP is called inside a transaction.
    ///
    /// When this returns `Ok`, the changes are on disk.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let outcome = match self {
            Self::Sqlite(sqlite) => sqlite.write(write).await,
            Self::Postgres(postgres) => postgres.write(write).await,
            Self::Inline(inline) => inline.write(write).await,
        };
        if outcome.is_ok() {
            metrics::counter!(TRANSACTIONS_COMMITTED).increment(1);
        }
        outcome
    }

    /// Whether the database answers and accepts changes.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self.health() {
            Some(health) => health.check(self).await,
            None => Ok(()),
        }
    }

    /// Records a failure that a caller has seen.
    pub fn note(&self, error: &StoreError) {
        if let Some(health) = self.health() {
            health.note(error);
        }
    }

    fn health(&self) -> Option<&Health> {
        match self {
            Self::Sqlite(sqlite) => Some(&sqlite.health),
            Self::Postgres(postgres) => Some(&postgres.health),
            Self::Inline(_) => None,
        }
    }
}

/// SQLite's queries answer at once, so a future of only queries does too.
pub(crate) fn at_once<T, E: From<StoreError>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    future.now_or_never().unwrap_or_else(|| {
        Err(StoreError::Failed("a transaction waited for something else than a query".into()).into())
    })
}

impl Sqlite {
    async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let its_progress = Arc::clone(&progress);
        self.writer.send(Box::new(move |connection| {
            if !its_progress.begin() {
                return sqlite_backend::Done {
                    keep: false,
                    reply: Box::new(|_| ()),
                };
            }
            let outcome = at_once(write(&mut Tx::Sqlite(connection)));
            sqlite_backend::Done {
                keep: outcome.is_ok(),
                reply: Box::new(move |committed| {
                    let outcome = outcome.and_then(|value| committed.map(|()| value).map_err(E::from));
                    // The caller may be gone; the changes stay.
                    let _ = answer.send(outcome);
                }),
            }
        }))?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(outcome)) => outcome,
            // The writer thread has ended, or is too slow.
            Ok(Err(_)) | Err(_) => Err(progress.give_up().into()),
        }
    }
}

/// The state of a transaction that waits for its turn.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    const WAITING: u8 = 0;
    const BEGUN: u8 = 1;
    const GIVEN_UP: u8 = 2;

    /// Whether the transaction may run. False if its caller no longer waits.
    fn begin(&self) -> bool {
        self.change(Self::BEGUN)
    }

    /// The error for a caller who stops waiting.
    fn give_up(&self) -> StoreError {
        if self.change(Self::GIVEN_UP) {
            StoreError::Unavailable("the transaction could not be begun in time".into())
        } else {
            StoreError::Unknown
        }
    }

    fn change(&self, to: u8) -> bool {
        let change = self
            .0
            .compare_exchange(Self::WAITING, to, Ordering::SeqCst, Ordering::SeqCst);
        change.is_ok()
    }
}

impl Postgres {
    fn pool(&self) -> Result<postgres_backend::Pool, StoreError> {
        postgres_backend::Pool::of_thread(&self.url, self.connections_per_thread)
    }

    async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
        E: From<StoreError>,
    {
        let deadline = Instant::now() + PATIENCE;
        let connection = timeout_at(deadline, self.pool()?.get())
            .await
            .unwrap_or(Err(StoreError::Busy))?;
        let run = async move |pipeline| write(&mut Tx::Postgres(pipeline)).await;
        postgres_backend::transaction(connection, deadline, run).await
    }

    async fn read<T, E>(&self, read: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let deadline = Instant::now() + PATIENCE;
        let reading = timeout_at(deadline, postgres_backend::reader(&self.url))
            .await
            .unwrap_or(Err(StoreError::Busy))?;
        let pipeline = postgres_backend::Pipeline::reading(reading.connection());
        let outcome = timeout_at(deadline, read(&mut Tx::Postgres(pipeline))).await;
        outcome.unwrap_or_else(|_| {
            reading.give_up();
            Err(StoreError::Unavailable("the database does not answer in time".into()).into())
        })
    }
}

/// The database URL for messages, without credentials.
pub fn without_password(url: &str) -> impl Display {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            let _ = parsed.set_password(None);
            parsed.to_string()
        }
        Err(_) => "the database URL".to_owned(),
    }
}
