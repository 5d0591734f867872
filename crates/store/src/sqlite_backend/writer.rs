//! The writer thread. It takes what waits, runs each job in a savepoint of one transaction, commits, and only then lets
//! the jobs answer: many small writes share one sync to disk.

use std::path::Path;

use diesel::connection::SimpleConnection;
use tokio::sync::mpsc;

use super::{Connection, connection, open};
use crate::StoreError;

/// Jobs that may wait. Beyond it the service is too busy.
const QUEUE: usize = 1024;
/// Jobs of one transaction, which bounds how long the first of them waits for its answer.
const GROUP: usize = 128;

/// Answers the caller, after the commit or instead of it.
pub type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What a job did: whether its changes stay, and how it answers.
pub struct Done {
    /// False if its savepoint is rolled back.
    pub keep: bool,
    /// Called after the commit.
    pub reply: Reply,
}

/// A write.
pub type Job = Box<dyn FnOnce(&mut Connection) -> Done + Send>;

/// Hands writes to the writer thread.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Brings the tables up to date and starts the thread. It ends when the last `Writer` is dropped.
    pub fn start(path: &Path, migrate: bool) -> Result<Self, StoreError> {
        let mut connection = open(path)?;
        if migrate {
            connection::migrate(&mut connection)?;
        }
        Self::on(connection)
    }

    /// The same without waiting for the disk, for a database that need not outlive a power cut.
    pub fn start_unsynced(path: &Path) -> Result<Self, StoreError> {
        let mut connection = open(path)?;
        connection.batch_execute("PRAGMA synchronous = OFF")?;
        connection::migrate(&mut connection)?;
        Self::on(connection)
    }

    fn on(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write(connection, queue))
            .map_err(|error| StoreError::Unavailable(format!("the writer thread: {error}")))?;
        Ok(Self { jobs })
    }

    /// Queues a job.
    pub fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => {
                StoreError::Unavailable("the writer thread has ended".into())
            }
        })
    }
}

fn write(mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        let outcome = group(&mut connection, first, &mut queue, &mut replies);
        if outcome.is_err() {
            // The transaction may have been rolled back by the failure itself; an error here says no more than that.
            let _ = connection.batch_execute("ROLLBACK");
        }
        for reply in replies {
            reply(
                outcome
                    .as_ref()
                    .copied()
                    .map_err(|error| StoreError::Failed(error.to_string())),
            );
        }
    }
}

/// Runs the first job and those that wait in one transaction. A job that is dropped unrun drops its way to answer, which
/// its caller sees as a failure.
fn group(
    connection: &mut Connection,
    first: Job,
    queue: &mut mpsc::Receiver<Job>,
    replies: &mut Vec<Reply>,
) -> Result<(), StoreError> {
    connection.batch_execute("BEGIN IMMEDIATE")?;
    let mut next = Some(first);
    while let Some(job) = next {
        connection.batch_execute("SAVEPOINT job")?;
        let done = job(connection);
        replies.push(done.reply);
        connection.batch_execute(if done.keep {
            "RELEASE job"
        } else {
            "ROLLBACK TO job; RELEASE job"
        })?;
        next = if replies.len() < GROUP {
            queue.try_recv().ok()
        } else {
            None
        };
    }
    connection.batch_execute("COMMIT")?;
    Ok(())
}
