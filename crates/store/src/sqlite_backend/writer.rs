//! The writer thread. It takes the waiting jobs, runs each one in a savepoint of one transaction, and commits: many small writes
//! share one sync to the disk. The jobs answer after that. While another thread syncs, the next group runs, and grows until it
//! can be committed.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use diesel::{QueryResult, RunQueryDsl, connection::SimpleConnection};

use super::{Connection, connection, disk::Disk, file, open, queue::Queue};
use crate::{StoreError, prepared::Statement};

/// Maximum number of jobs in a transaction, which bounds the wait of the first one.
const GROUP: usize = 128;

/// Answers the caller, after the commit or instead of it.
pub type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The result of a job: whether its changes stay, and its answer.
pub struct Done {
    /// False rolls its savepoint back.
    pub keep: bool,
    /// Called when the changes are on the disk.
    pub reply: Reply,
}

/// A write.
pub type Job = Box<dyn FnOnce(&mut Connection) -> Done + Send>;

/// Passes writes to the writer thread, which ends when this is dropped.
pub struct Writer {
    queue: Arc<Queue>,
    disk: Arc<Disk>,
}

impl Writer {
    /// Migrates the tables and starts the threads.
    pub fn start(path: &Path, migrate: bool) -> Result<Self, StoreError> {
        if migrate {
            file::create(path)?;
        }
        file::keep_private(path)?;
        let mut connection = open(path)?;
        if migrate {
            connection::migrate(&mut connection)?;
        }
        // A commit is written to the log, which is synced here; SQLite itself only syncs it before it restarts it. The first read
        // opens the log.
        connection.batch_execute("PRAGMA synchronous = NORMAL; SELECT count(*) FROM sqlite_schema")?;
        Self::on(connection, Disk::of(path)?)
    }

    /// Starts a writer that does not wait for the disk, for a database that need not survive a power cut.
    pub fn start_unsynced(path: &Path) -> Result<Self, StoreError> {
        file::create(path)?;
        let mut connection = open(path)?;
        connection.batch_execute("PRAGMA synchronous = OFF")?;
        connection::migrate(&mut connection)?;
        Self::on(connection, Disk::none())
    }

    fn on(connection: Connection, disk: Disk) -> Result<Self, StoreError> {
        let (queue, disk) = (Arc::new(Queue::default()), Arc::new(disk));
        let (groups, committed) = mpsc::channel();
        spawn("sqlite-sync", {
            let (queue, disk) = (queue.clone(), disk.clone());
            move || {
                committed
                    .into_iter()
                    .for_each(|group| finish(&queue, &disk, group))
            }
        })?;
        spawn("sqlite-writer", {
            let ending = Ending(queue.clone());
            let disk = disk.clone();
            move || write_all(connection, &ending.0, &disk, &groups)
        })?;
        Ok(Self { queue, disk })
    }

    /// Queues a job.
    pub fn send(&self, job: Job) -> Result<(), StoreError> {
        self.queue.push(job)
    }

    /// Waits until everything that a reader may have seen is on the disk.
    pub async fn settled(&self) {
        self.disk.settled().await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map(drop)
        .map_err(|error| StoreError::Unavailable(format!("the {name} thread: {error}")))
}

/// Held by the writer thread: when that ends, no caller waits any longer. Dropping a job drops its reply, which its caller sees
/// as a failure.
struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Jobs of one commit.
struct Group {
    number: u64,
    replies: Vec<Reply>,
}

fn write_all(mut connection: Connection, queue: &Queue, disk: &Disk, groups: &mpsc::Sender<Group>) {
    let mut changes = None;
    while let Some((first, is_alone)) = queue.first() {
        let mut replies = Vec::new();
        let committed = if is_alone {
            alone(&mut connection, disk, first, &mut replies)
        } else {
            together(&mut connection, queue, disk, first, &mut replies)
        };
        match committed {
            Ok(number) => {
                let group = Group { number, replies };
                let before = std::mem::replace(&mut changes, count_changes(&mut connection));
                if changes.is_some() && changes == before {
                    disk.settle(number);
                    answer(group.replies, &Ok(()));
                    continue;
                }
                queue.begin_sync();
                if let Err(mpsc::SendError(group)) = groups.send(group) {
                    // The other thread only ends by a panic. Readers do not wait for it.
                    disk.settle(group.number);
                    return;
                }
            }
            Err(error) => {
                // The failure itself may have rolled the transaction back; an error here adds nothing.
                let _ = run(&mut connection, "ROLLBACK");
                answer(replies, &Err(error));
            }
        }
    }
}

/// SQLite takes longer to parse a `SAVEPOINT` than to execute it.
fn run(connection: &mut Connection, sql: &'static str) -> QueryResult<()> {
    Statement(sql).execute(connection).map(drop)
}

/// `None` if the query fails.
fn count_changes(connection: &mut Connection) -> Option<i64> {
    diesel::select(total_changes()).get_result(connection).ok()
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Number of rows that were changed on the connection so far.
    fn total_changes() -> BigInt;
}

/// Runs a job alone in its transaction, so that it needs no savepoint.
fn alone(
    connection: &mut Connection,
    disk: &Disk,
    job: Job,
    replies: &mut Vec<Reply>,
) -> Result<u64, StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let done = job(connection);
    replies.push(done.reply);
    end(connection, disk, if done.keep { "COMMIT" } else { "ROLLBACK" })
}

/// Runs the first job and the waiting ones in one transaction.
fn together(
    connection: &mut Connection,
    queue: &Queue,
    disk: &Disk,
    first: Job,
    replies: &mut Vec<Reply>,
) -> Result<u64, StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let mut next = Some(first);
    while let Some(job) = next {
        run(connection, "SAVEPOINT job")?;
        let done = job(connection);
        replies.push(done.reply);
        if !done.keep {
            run(connection, "ROLLBACK TO job")?;
        }
        run(connection, "RELEASE job")?;
        next = queue.another(replies.len() >= GROUP);
    }
    end(connection, disk, "COMMIT")
}

/// Ends a transaction; answers its number.
fn end(connection: &mut Connection, disk: &Disk, sql: &'static str) -> Result<u64, StoreError> {
    let number = disk.begin();
    match run(connection, sql) {
        Ok(()) => Ok(number),
        Err(error) => {
            disk.settle(number);
            Err(error.into())
        }
    }
}

/// Syncs a group to the disk and lets its jobs answer.
///
/// After a failure the contents of the disk are unknown, because the system may have dropped data that it could not write. So
/// nothing more is written.
fn finish(queue: &Queue, disk: &Disk, group: Group) {
    let outcome = disk.sync().map_err(|error| {
        tracing::error!(%error, "the database can't be written to the disk; all writing ends");
        queue.abandon();
        StoreError::Unknown
    });
    disk.settle(group.number);
    queue.end_sync();
    answer(group.replies, &outcome);
}

fn answer(replies: Vec<Reply>, outcome: &Result<(), StoreError>) {
    for reply in replies {
        reply(match outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(error.clone()),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tokio::sync::oneshot;

    use super::*;

    /// A job that sets a setting, with its answer.
    fn set(writer: &Writer, name: &'static str) -> oneshot::Receiver<Result<(), StoreError>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let insert = format!("INSERT INTO settings (name, value) VALUES ('{name}', 'x')");
            let outcome = connection.batch_execute(&insert);
            Done {
                keep: outcome.is_ok(),
                reply: Box::new(move |committed| {
                    let _ = answer.send(outcome.map_err(StoreError::from).and(committed));
                }),
            }
        });
        writer.send(job).unwrap();
        answered
    }

    fn count(path: &Path) -> i64 {
        let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT count(*) FROM settings)");
        diesel::select(count)
            .get_result(&mut open(path).unwrap())
            .unwrap()
    }

    #[tokio::test]
    async fn jobs_that_share_a_commit_fail_one_by_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = Writer::start(&path, true).unwrap();
        let before = count(&path);
        // The writer is blocked until all jobs wait, so that they share a commit.
        let (hold, held) = mpsc::channel::<()>();
        let holding: Job = Box::new(move |_| {
            let _ = held.recv();
            Done {
                keep: true,
                reply: Box::new(|_| ()),
            }
        });
        writer.send(holding).unwrap();
        let answers: Vec<_> = ["a", "b", "a", "c"].map(|name| set(&writer, name)).into();
        drop(hold);
        let mut outcomes = Vec::new();
        for answer in answers {
            outcomes.push(answer.await.unwrap().is_ok());
        }
        assert_eq!(outcomes, [true, true, false, true]);
        writer.settled().await;
        assert_eq!(count(&path), before + 3);
    }

    #[tokio::test]
    async fn a_disk_that_fails_is_written_to_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let mut connection = open(&path).unwrap();
        connection::migrate(&mut connection).unwrap();
        // This file can't be synced.
        let disk = Disk::on(Some(File::open("/dev/null").unwrap()));
        let writer = Writer::on(connection, disk).unwrap();
        let answer = set(&writer, "a").await.unwrap();
        assert!(matches!(answer, Err(StoreError::Unknown)), "{answer:?}");
        let refusing: Job = Box::new(|_| unreachable!("nothing is run any more"));
        assert!(matches!(writer.send(refusing), Err(StoreError::Unavailable(_))));
        // Readers do not wait forever.
        writer.settled().await;
    }
}
