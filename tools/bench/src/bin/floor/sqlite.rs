//! SQLite without group commit: one connection, whose thread commits each statement alone. A second connection would only wait
//! for the first one's lock, and a lock held in a worker would keep it from its sockets.

use std::path::Path;
use std::sync::mpsc;

use actix_web::web::Bytes;
use anyhow::{Context as _, Result};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::payments::Store;

struct Job {
    id: String,
    body: Bytes,
    finishes: bool,
    done: oneshot::Sender<rusqlite::Result<usize>>,
}

/// Passes statements to the thread.
#[derive(Clone)]
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Opens the file and starts the thread.
    pub fn start(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        // As on the service's connections: crates/store/src/sqlite_backend/connection.rs. The service's writer syncs itself
        // (disk.rs), to the same effect.
        connection.execute_batch(
            "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000; PRAGMA wal_autocheckpoint = 16000; \
             PRAGMA journal_size_limit = 67108864; \
             CREATE TABLE IF NOT EXISTS payments (id TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, answer TEXT) \
             WITHOUT ROWID",
        )?;
        let (jobs, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write(&connection, &queue))?;
        Ok(Self(jobs))
    }

    async fn send(&self, id: &str, body: Bytes, finishes: bool) -> Result<()> {
        let (done, outcome) = oneshot::channel();
        self.0
            .send(Job {
                id: id.to_owned(),
                body,
                finishes,
                done,
            })
            .ok()
            .context("the writer thread has ended")?;
        outcome.await.context("the writer thread has ended")??;
        Ok(())
    }
}

impl Store for Writer {
    async fn insert(&self, id: &str, request: Bytes) -> Result<()> {
        self.send(id, request, false).await
    }

    async fn finish(&self, id: &str, answer: Bytes) -> Result<()> {
        self.send(id, answer, true).await
    }
}

/// Outside of a transaction each statement is one.
fn write(connection: &Connection, queue: &mpsc::Receiver<Job>) {
    let prepared = connection
        .prepare("INSERT INTO payments (id, request) VALUES (?1, ?2)")
        .and_then(|insert| {
            Ok((
                insert,
                connection.prepare("UPDATE payments SET answer = ?2 WHERE id = ?1")?,
            ))
        });
    // Without statements the queue is dropped, which its senders see.
    let Ok((mut insert, mut finish)) = prepared else {
        return;
    };
    while let Ok(Job {
        id,
        body,
        finishes,
        done,
    }) = queue.recv()
    {
        let statement = if finishes { &mut finish } else { &mut insert };
        let text = String::from_utf8_lossy(&body);
        // The caller may be gone; the row stays.
        let _ = done.send(statement.execute(params![id, text]));
    }
}
