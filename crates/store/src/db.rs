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

use crate::{
    Found, StoreError,
    health::Health,
    inline::Inline,
    listing::{Count, Flavor, Lanes, exceeded},
    postgres_backend, query, sqlite_backend,
};

/// Name of the counter of committed transactions.
pub const TRANSACTIONS_COMMITTED: &str = "tillgate_transactions_committed_total";

/// Time limit for a read or a transaction, including all of its own waiting.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a list waits for the number of its items.
const SOON: Duration = Duration::from_millis(300);

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
    lanes: Arc<Lanes>,
}

/// A PostgreSQL server.
#[derive(Clone)]
pub struct Postgres {
    url: Arc<str>,
    connections_per_thread: usize,
    health: Arc<Health>,
    lanes: Arc<Lanes>,
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
                lanes: Arc::default(),
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
                lanes: Arc::default(),
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
            lanes: Arc::default(),
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

    /// Reads a list: in its turn, and on SQLite not on the thread that asks. One that no index finds must end in time.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`] or [`StoreError::Busy`] if a list that is not quick has not ended in time.
    pub async fn list<T, E, F>(&self, is_quick: bool, read: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.list(is_quick, read).await,
            Self::Postgres(postgres) => postgres.list(is_quick, read).await,
            Self::Inline(inline) => inline.read(read).await,
        }
    }

    /// Counts the items of a long list beside everything else, unless another one is counted. The number is remembered under
    /// the key, and answered if there is one soon.
    pub async fn count_aside(&self, count: Count, key: String) -> Option<i64> {
        let Self::Sqlite(sqlite) = self else {
            return None;
        };
        let permit = sqlite.lanes.count()?;
        let (path, lanes) = (Arc::clone(&sqlite.path), Arc::clone(&sqlite.lanes));
        let counting = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let counted = sqlite_backend::read(&path, |connection| {
                let mut tx = Tx::Sqlite(connection);
                at_once(async { query!(&mut tx, listing::count(count)) })
            });
            let number = counted.and_then(|counted| counted);
            match number {
                Ok(number) => {
                    lanes.counts.remember(key, number);
                    Some(number)
                }
                Err(error) => {
                    tracing::warn!(%error, "a list could not be counted");
                    None
                }
            }
        });
        timeout(SOON, counting).await.ok()?.ok()?
    }

    /// Says how long a list may take that no index finds. Before the first list.
    pub fn limit_lists(&mut self, limit: Duration) {
        let lanes = match self {
            Self::Sqlite(sqlite) => &mut sqlite.lanes,
            Self::Postgres(postgres) => &mut postgres.lanes,
            Self::Inline(_) => return,
        };
        *lanes = Arc::new(Lanes::with_time_limit(limit));
    }

    /// What is remembered of lists; an inline database remembers nothing.
    pub fn lanes(&self) -> Option<&Lanes> {
        match self {
            Self::Sqlite(sqlite) => Some(&sqlite.lanes),
            Self::Postgres(postgres) => Some(&postgres.lanes),
            Self::Inline(_) => None,
        }
    }

    /// Which database it is.
    pub fn flavor(&self) -> Flavor {
        match self {
            Self::Sqlite(_) | Self::Inline(_) => Flavor::Sqlite,
            Self::Postgres(_) => Flavor::Postgres,
        }
    }

    /// Runs queries in one transaction, which is kept if they succeed and undone if not. They must await nothing but
    /// queries: no call to a PSP is made inside a transaction.
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
    async fn list<T, E, F>(&self, is_quick: bool, read: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = self.lanes.enter(is_quick, PATIENCE).await?;
        let (path, limit) = (Arc::clone(&self.path), self.lanes.time_limit);
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let deadline = (!is_quick).then(|| Instant::now() + limit);
            sqlite_backend::read(&path, |connection| {
                exceeded(deadline, || at_once(read(&mut Tx::Sqlite(connection))))
            })
        });
        let (outcome, is_late) = work
            .await
            .map_err(|error| StoreError::Failed(format!("a list: {error}")))??;
        if is_late {
            return Err(StoreError::TooSlow.into());
        }
        match timeout(PATIENCE, self.writer.settled()).await {
            Ok(()) => outcome,
            Err(_) => Err(StoreError::Unavailable("the disk does not answer in time".into()).into()),
        }
    }

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
    async fn list<T, E, F>(&self, is_quick: bool, read: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
        E: From<StoreError>,
    {
        let _permit = self.lanes.enter(is_quick, PATIENCE).await?;
        if is_quick {
            return self.read(read).await;
        }
        let deadline = Instant::now() + PATIENCE;
        let connection = timeout_at(deadline, self.pool()?.get())
            .await
            .unwrap_or(Err(StoreError::Busy))?;
        let limit = self.lanes.time_limit;
        let run = async move |pipeline: postgres_backend::Pipeline| {
            pipeline.limit_statements(limit).await?;
            read(&mut Tx::Postgres(pipeline)).await
        };
        postgres_backend::transaction(connection, deadline, run).await
    }

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
