//! SQLite on one connection and on the caller's thread, for deterministic simulations of the service.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use futures::future::{BoxFuture, FutureExt, ready};

use crate::{Db, StoreError, Tx, db::at_once, sqlite_backend};

/// The purpose of queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// They only read.
    Read,
    /// They are a transaction.
    Write,
}

/// Wraps each [`Db::read`] and [`Db::write`] of an inline database. It decides when they run and whether they fail.
///
/// A transaction itself never waits. A caller that is dropped while it waits in [`Probe::before`] has changed nothing, and one
/// that is dropped in [`Probe::after_commit`] has changed everything.
pub trait Probe: Send + Sync {
    /// Awaited before the queries run. A failure prevents them.
    fn before(&self, _: Access) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(Ok(())).boxed()
    }

    /// Called after the queries of a write have succeeded. A failure rolls them back.
    fn before_commit(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Awaited after the commit. A failure hides from the caller that the changes are stored.
    fn after_commit(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(Ok(())).boxed()
    }
}

/// SQLite on one connection, which the last clone closes.
#[derive(Clone)]
pub struct Inline {
    connection: Arc<Mutex<sqlite_backend::Connection>>,
    probe: Arc<dyn Probe>,
}

impl Db {
    /// Opens a SQLite file, or `:memory:`, and migrates its tables. Everything runs on the caller's thread, in the order that
    /// `probe` allows. Commits survive the end of the process, but not of the machine.
    pub fn inline(path: &Path, probe: Arc<dyn Probe>) -> Result<Self, StoreError> {
        let connection = Arc::new(Mutex::new(sqlite_backend::open_unsynced(path)?));
        Ok(Self::Inline(Inline { connection, probe }))
    }
}

impl Inline {
    /// [`Db::read`].
    pub async fn read<T, E>(&self, read: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.probe.before(Access::Read).await?;
        self.locked(|connection| at_once(read(&mut Tx::Sqlite(connection))))
    }

    /// [`Db::write`].
    pub async fn write<T, E>(&self, write: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.probe.before(Access::Write).await?;
        let value = self.locked::<T, E>(|connection| {
            sqlite_backend::transaction(connection, |connection| {
                let value = at_once(write(&mut Tx::Sqlite(connection)))?;
                self.probe.before_commit()?;
                Ok(value)
            })
        })?;
        self.probe.after_commit().await?;
        Ok(value)
    }

    fn locked<T, E>(&self, run: impl FnOnce(&mut sqlite_backend::Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut connection = self
            .connection
            .lock()
            .map_err(|_| StoreError::Failed("an earlier transaction panicked".into()))?;
        run(&mut connection)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::query;

    /// A probe that lets everything through.
    struct Calm;
    impl Probe for Calm {}

    async fn set(db: &Db, name: &'static str) -> Result<(), StoreError> {
        db.write(async move |tx: &mut Tx<'_>| query!(tx, accounts::set_setting_once(name, "1")))
            .await
    }

    fn is_set(db: &Db, name: &str) -> bool {
        let read = db.read(async |tx: &mut Tx<'_>| query!(tx, accounts::setting(name)));
        read.now_or_never().unwrap().unwrap().is_some()
    }

    #[test]
    fn reads_see_what_was_written_and_a_file_keeps_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db.sqlite");
        for place in [Path::new(":memory:"), &path] {
            let db = Db::inline(place, Arc::new(Calm)).unwrap();
            set(&db, "a").now_or_never().unwrap().unwrap();
            assert!(is_set(&db, "a"));
            assert!(!is_set(&db, "b"));
        }
        assert!(is_set(&Db::inline(&path, Arc::new(Calm)).unwrap(), "a"));
        assert!(!is_set(
            &Db::inline(Path::new(":memory:"), Arc::new(Calm)).unwrap(),
            "a"
        ));
    }

    #[test]
    fn a_failed_transaction_is_undone() {
        let db = Db::inline(Path::new(":memory:"), Arc::new(Calm)).unwrap();
        let outcome = db
            .write(async |tx: &mut Tx<'_>| {
                query!(tx, accounts::set_setting_once("a", "1"))?;
                Err::<(), _>(StoreError::Busy)
            })
            .now_or_never();
        assert!(matches!(outcome, Some(Err(StoreError::Busy))));
        assert!(!is_set(&db, "a"));
        set(&db, "a").now_or_never().unwrap().unwrap();
        assert!(is_set(&db, "a"));
    }

    /// The point at which a probe strikes.
    #[derive(Clone, Copy, PartialEq)]
    enum Point {
        Before,
        AtCommit,
        After,
    }

    /// Fails, or waits forever, at one point of each write.
    struct Striking {
        point: Point,
        waits: bool,
        enabled: AtomicBool,
    }

    impl Striking {
        fn on(point: Point, waits: bool) -> (Db, Arc<Self>) {
            let enabled = AtomicBool::new(true);
            let probe = Arc::new(Self {
                point,
                waits,
                enabled,
            });
            let db = Db::inline(Path::new(":memory:"), Arc::<Self>::clone(&probe)).unwrap();
            (db, probe)
        }

        fn strikes(&self, point: Point) -> bool {
            self.point == point && self.enabled.load(Ordering::Relaxed)
        }

        fn at(&self, point: Point) -> BoxFuture<'_, Result<(), StoreError>> {
            match (self.strikes(point), self.waits) {
                (false, _) => ready(Ok(())).boxed(),
                (true, false) => ready(Err(StoreError::Unavailable("struck".into()))).boxed(),
                (true, true) => futures::future::pending().boxed(),
            }
        }
    }

    impl Probe for Striking {
        fn before(&self, access: Access) -> BoxFuture<'_, Result<(), StoreError>> {
            match access {
                Access::Read => ready(Ok(())).boxed(),
                Access::Write => self.at(Point::Before),
            }
        }

        fn before_commit(&self) -> Result<(), StoreError> {
            self.at(Point::AtCommit).now_or_never().unwrap_or(Ok(()))
        }

        fn after_commit(&self) -> BoxFuture<'_, Result<(), StoreError>> {
            self.at(Point::After)
        }
    }

    #[test]
    fn the_probe_decides_what_is_kept_and_what_is_told() {
        for (point, kept) in [
            (Point::Before, false),
            (Point::AtCommit, false),
            (Point::After, true),
        ] {
            let (db, probe) = Striking::on(point, false);
            let outcome = set(&db, "a").now_or_never().unwrap();
            assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
            assert_eq!(is_set(&db, "a"), kept);
            probe.enabled.store(false, Ordering::Relaxed);
            set(&db, "b").now_or_never().unwrap().unwrap();
            assert!(is_set(&db, "b"));
        }
    }

    #[test]
    fn a_caller_that_is_dropped_has_done_nothing_or_all() {
        for (point, kept) in [(Point::Before, false), (Point::After, true)] {
            let (db, probe) = Striking::on(point, true);
            assert!(set(&db, "a").now_or_never().is_none());
            assert_eq!(is_set(&db, "a"), kept);
            probe.enabled.store(false, Ordering::Relaxed);
            set(&db, "b").now_or_never().unwrap().unwrap();
            assert!(is_set(&db, "b"));
        }
    }
}
