//! Transactions, in few round trips: a statement without an answer is sent at once, and the server runs it in order.

use std::{
    future::poll_fn,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use diesel_async::{
    AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection, pooled_connection::deadpool::Object,
};
use futures::{
    FutureExt, StreamExt, TryStreamExt,
    channel::mpsc,
    future::{LocalBoxFuture, try_join},
};

use tokio::time::{Instant, timeout, timeout_at};

use super::Connection;
use crate::{StoreError, prepared::Statement};

/// A write in progress.
type Write = LocalBoxFuture<'static, Result<(), StoreError>>;

/// A connection, with writes that are awaited only at the end of the transaction.
pub struct Pipeline {
    /// The connection.
    pub connection: Connection,
    writes: Option<mpsc::UnboundedSender<Write>>,
}

impl Pipeline {
    /// A pipeline on a connection without a transaction.
    pub fn reading(connection: Connection) -> Self {
        Self {
            connection,
            writes: None,
        }
    }

    /// Ends each statement of the transaction that takes longer.
    pub async fn limit_statements(&self, limit: Duration) -> Result<(), StoreError> {
        let statement = format!("SET LOCAL statement_timeout = {}", limit.as_millis());
        Ok(self.connection.clone().batch_execute(&statement).await?)
    }

    /// Sends a write. If it fails, the transaction does, in the end.
    pub async fn send(
        &self,
        write: impl Future<Output = Result<(), StoreError>> + 'static,
    ) -> Result<(), StoreError> {
        let Some(writes) = &self.writes else {
            return write.await;
        };
        let mut write = write.boxed_local();
        // Polled once, so that it precedes the next query.
        match poll_fn(|context| Poll::Ready(write.poll_unpin(context))).await {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => writes
                .unbounded_send(write)
                .map_err(|_| StoreError::Failed("the transaction has ended".into())),
        }
    }
}

/// Time that a server has for a rollback, before its connection is dropped.
const UNDOING: Duration = Duration::from_millis(500);

/// Runs a transaction, which is committed if it succeeds and rolled back if not. If it has not ended by the deadline, its
/// connection is dropped. The server then rolls it back, unless the commit was sent: the outcome is unknown then.
pub async fn transaction<T, E: From<StoreError>>(
    connection: Object<AsyncPgConnection>,
    deadline: Instant,
    run: impl AsyncFnOnce(Pipeline) -> Result<T, E>,
) -> Result<T, E> {
    let open = Arc::new(Open::new(connection));
    let is_committing = AtomicBool::new(false);
    let work = work(Connection::new(open.clone()), &is_committing, run);
    let Ok(outcome) = timeout_at(deadline, work).await else {
        let late = StoreError::Unavailable("the database does not answer in time".into());
        return Err(at_end(late, &is_committing).into());
    };
    if outcome.is_err()
        && let Err(rollback) = roll_back(&open).await
    {
        tracing::warn!(%rollback, "the rollback failed; the connection is closed");
    } else {
        open.has_ended.store(true, Ordering::Relaxed);
    }
    outcome
}

/// All of a transaction, except for the rollback after a failure.
///
/// The first query follows `BEGIN` without waiting for it, and `COMMIT` follows the writes. A write that must be prepared first
/// would come too late if `COMMIT` did not wait for its turn behind it: that is why `COMMIT` is a prepared statement itself.
/// diesel-async gives out prepared statements in the order of the requests, and sends each query when it gets its statement.
/// After a write that fails at the server, `COMMIT` rolls the transaction back.
async fn work<T, E: From<StoreError>>(
    connection: Connection,
    is_committing: &AtomicBool,
    run: impl AsyncFnOnce(Pipeline) -> Result<T, E>,
) -> Result<T, E> {
    let (sender, writes) = mpsc::unbounded();
    let (mut beginning, mut ending) = (connection.clone(), connection.clone());
    let pipeline = Pipeline {
        connection,
        writes: Some(sender),
    };
    let begin = async { Ok::<(), E>(beginning.batch_execute("BEGIN").await.map_err(StoreError::from)?) };
    let transaction = async {
        let ((), value) = try_join(begin, run(pipeline)).await?;
        is_committing.store(true, Ordering::Relaxed);
        let commit = Statement("COMMIT").execute(&mut ending);
        commit
            .await
            .map_err(|error| at_end(error.into(), is_committing))?;
        Ok::<T, E>(value)
    };
    // The stream ends with the pipeline.
    let written = async {
        let writes = writes.map(Ok).try_for_each_concurrent(None, |write| write);
        let writes = writes.await.map_err(|error| at_end(error, is_committing));
        Ok(writes?)
    };
    // The writes are polled first: if one has failed before it was sent, the `COMMIT` behind it is not sent either. A failure
    // after a failed write only follows from that one.
    let ((), value) = try_join(written, transaction).await?;
    Ok(value)
}

/// If a connection is lost after the commit was sent, the outcome is unknown.
fn at_end(error: StoreError, is_committing: &AtomicBool) -> StoreError {
    match error {
        StoreError::Unavailable(cause) if is_committing.load(Ordering::Relaxed) => {
            tracing::warn!(cause, "the outcome of a commit is unknown");
            StoreError::Unknown
        }
        error => error,
    }
}

async fn roll_back(mut connection: &AsyncPgConnection) -> Result<(), StoreError> {
    timeout(UNDOING, connection.batch_execute("ROLLBACK"))
        .await
        .map_err(|_| StoreError::Unavailable("the database does not answer in time".into()))??;
    Ok(())
}

/// A connection with a transaction. If it is dropped before the transaction has ended, because the caller is gone or the server
/// does not answer, the connection does not go back to the pool.
struct Open {
    connection: Option<Object<AsyncPgConnection>>,
    has_ended: AtomicBool,
}

impl Open {
    fn new(connection: Object<AsyncPgConnection>) -> Self {
        Self {
            connection: Some(connection),
            has_ended: AtomicBool::new(false),
        }
    }
}

impl Deref for Open {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        self.connection
            .as_ref()
            .expect("the connection is there until this is dropped")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !*self.has_ended.get_mut()
        {
            drop(Object::take(connection));
        }
    }
}
