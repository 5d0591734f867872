//! Transactions, in few round trips: what does not wait for an answer is sent at once, and the server works it off in
//! order.

use std::{
    future::poll_fn,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection, pooled_connection::deadpool::Object};
use futures::{
    FutureExt, StreamExt, TryStreamExt,
    channel::mpsc,
    future::{LocalBoxFuture, join, try_join},
};

use super::Connection;
use crate::StoreError;

/// A write that is under way.
type Write = LocalBoxFuture<'static, Result<(), StoreError>>;

/// A connection, and the writes on it that nobody waits for before the transaction ends.
pub struct Pipeline {
    /// The connection.
    pub connection: Connection,
    writes: Option<mpsc::UnboundedSender<Write>>,
}

impl Pipeline {
    /// On a connection without a transaction.
    pub fn reading(connection: Connection) -> Self {
        Self {
            connection,
            writes: None,
        }
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
        // Its turn is before that of the next query.
        match poll_fn(|context| Poll::Ready(write.poll_unpin(context))).await {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => writes
                .unbounded_send(write)
                .map_err(|_| StoreError::Failed("the transaction has ended".into())),
        }
    }
}

/// Runs a transaction, which is kept if it succeeds and undone if not.
pub async fn transaction<T, E: From<StoreError>>(
    connection: Object<AsyncPgConnection>,
    run: impl AsyncFnOnce(Pipeline) -> Result<T, E>,
) -> Result<T, E> {
    let open = Arc::new(Open::new(connection));
    let outcome = work(Connection::new(open.clone()), run).await;
    match execute(&open, if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" }).await {
        Ok(()) => open.has_ended.store(true, Ordering::Relaxed),
        Err(error) if outcome.is_ok() => return Err(error.into()),
        Err(rollback) => tracing::warn!(%rollback, "rolling back failed; the connection is given up"),
    }
    outcome
}

/// All of a transaction but its end.
async fn work<T, E: From<StoreError>>(
    connection: Connection,
    run: impl AsyncFnOnce(Pipeline) -> Result<T, E>,
) -> Result<T, E> {
    let (sender, writes) = mpsc::unbounded();
    let mut beginning = connection.clone();
    let pipeline = Pipeline {
        connection,
        writes: Some(sender),
    };
    // The first query follows `BEGIN` without waiting for it.
    let begin = async { Ok::<(), E>(beginning.batch_execute("BEGIN").await.map_err(StoreError::from)?) };
    let begun = try_join(begin, run(pipeline));
    // The stream ends with the pipeline.
    let written = writes.map(Ok).try_for_each_concurrent(None, |write| write);
    match join(begun, written).await {
        // What comes after a failed write fails for no reason of its own.
        (_, Err(write)) => Err(write.into()),
        (outcome, Ok(())) => outcome.map(|((), value)| value),
    }
}

async fn execute(mut connection: &AsyncPgConnection, sql: &str) -> Result<(), StoreError> {
    Ok(connection.batch_execute(sql).await?)
}

/// A connection with a transaction. If it is dropped before that has ended, because the caller is gone or the server does
/// not end it, the connection does not go back to the pool.
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
