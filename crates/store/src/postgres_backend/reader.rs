//! Reads on connections that all reads of a thread share. Simultaneous queries go to the server in one go, and so do their
//! answers.

use std::{
    cell::RefCell,
    collections::HashMap,
    ops::Deref,
    rc::Rc,
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel_async::AsyncPgConnection;
use tokio::{sync::Mutex, task::JoinHandle, time::Instant};

use super::{Connection, connect::connect};
use crate::StoreError;

/// Connections of a thread. The second one is for reads that would wait too long on the first.
const CONNECTIONS: usize = 2;

/// Reads in progress on a connection before the next one is used, too.
const SHARED_BY: usize = 16;

/// A connection counts as held up by a slow read if no read has ended on it for this time.
const HELD_UP: Duration = Duration::from_millis(2);

thread_local! {
    static READERS: RefCell<HashMap<String, Rc<Readers>>> = RefCell::default();
}

/// A thread's connections to a URL.
#[derive(Default)]
struct Readers {
    open: RefCell<Vec<Arc<Reader>>>,
    /// Held while a connection is opened: simultaneous reads do not open one each.
    opening: Mutex<()>,
}

/// A connection, with the task that drives it.
struct Reader {
    connection: AsyncPgConnection,
    driver: JoinHandle<()>,
    queue: Lock<Queue>,
    /// Whether it failed to answer in time: it gets no more reads, and is closed with the last one in progress.
    is_given_up: AtomicBool,
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Answers that have not arrived yet are no longer needed.
        self.driver.abort();
    }
}

/// The reads in progress on a connection.
struct Queue {
    reads: usize,
    /// Time when the last read ended or, before that, the first one began.
    moved: Instant,
}

/// A read in progress on a connection.
struct Read(Arc<Reader>);

/// A connection of this thread, with a read in progress on it.
pub struct Reading(Arc<Read>);

impl Reading {
    /// The connection for queries.
    pub fn connection(&self) -> Connection {
        Connection::new(self.0.clone())
    }

    /// Marks the connection as dead: later reads use another one.
    pub fn give_up(&self) {
        self.0.0.is_given_up.store(true, Ordering::Relaxed);
    }
}

/// A connection of this thread to the URL.
pub async fn reader(url: &str) -> Result<Reading, StoreError> {
    let readers = READERS.with_borrow_mut(|readers| match readers.get(url) {
        Some(readers) => readers.clone(),
        None => readers.entry(url.to_owned()).or_default().clone(),
    });
    let read = match readers.begin() {
        Some(read) => read,
        None => readers.begin_on_one_more(url).await?,
    };
    Ok(Reading(Arc::new(read)))
}

impl Readers {
    /// Begins a read on the first connection that is neither full nor held up or, if all are, on the one with the fewest reads.
    /// `None` as long as another connection may be opened.
    fn begin(&self) -> Option<Read> {
        let now = Instant::now();
        let mut open = self.open.borrow_mut();
        open.retain(|reader| !reader.driver.is_finished() && !reader.is_given_up.load(Ordering::Relaxed));
        let reader = match open
            .iter()
            .find(|reader| reader.queue(|queue| queue.has_room(now)))
        {
            Some(reader) => reader,
            None if open.len() < CONNECTIONS => return None,
            None => open
                .iter()
                .min_by_key(|reader| reader.queue(|queue| queue.reads))?,
        };
        reader.queue(|queue| queue.begin(now));
        Some(Read(Arc::clone(reader)))
    }

    async fn begin_on_one_more(&self, url: &str) -> Result<Read, StoreError> {
        let _opening = self.opening.lock().await;
        if let Some(read) = self.begin() {
            return Ok(read);
        }
        let opened = connect(url).await;
        let (connection, driver) = opened.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let now = Instant::now();
        let reader = Arc::new(Reader {
            connection,
            driver,
            queue: Lock::new(Queue { reads: 1, moved: now }),
            is_given_up: AtomicBool::new(false),
        });
        self.open.borrow_mut().push(Arc::clone(&reader));
        Ok(Read(reader))
    }
}

impl Reader {
    fn queue<T>(&self, look: impl FnOnce(&mut Queue) -> T) -> T {
        look(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Queue {
    fn has_room(&self, now: Instant) -> bool {
        let held_up = self.reads > 0 && now.saturating_duration_since(self.moved) >= HELD_UP;
        self.reads < SHARED_BY && !held_up
    }

    fn begin(&mut self, now: Instant) {
        if self.reads == 0 {
            self.moved = now;
        }
        self.reads += 1;
    }

    fn end(&mut self, now: Instant) {
        self.reads -= 1;
        self.moved = now;
    }
}

impl Deref for Read {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0.connection
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        self.0.queue(|queue| queue.end(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_room_while_it_moves() {
        let start = Instant::now();
        let later = |half_times: u32| start + HELD_UP / 2 * half_times;
        let mut queue = Queue {
            reads: 0,
            moved: start,
        };
        assert!(queue.has_room(later(9)), "nothing is under way");
        queue.begin(later(9));
        queue.begin(later(10));
        assert!(queue.has_room(later(10)));
        assert!(!queue.has_room(later(11)), "the first takes long");
        queue.end(later(11));
        assert!(
            queue.has_room(later(12)),
            "the second has waited for the first only"
        );
        assert!(!queue.has_room(later(13)), "the second takes long");
        queue.end(later(13));
        assert!(queue.has_room(later(99)));
        for _ in 0..SHARED_BY {
            assert!(queue.has_room(later(99)));
            queue.begin(later(99));
        }
        assert!(!queue.has_room(later(99)), "it is full");
    }
}
