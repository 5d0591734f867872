//! Reads: on a connection that all reads of a thread share. What they ask for at the same time goes to the server in one
//! go and comes back in one.

use std::{cell::RefCell, collections::HashMap, ops::Deref, rc::Rc, sync::Arc, time::Duration};

use diesel_async::AsyncPgConnection;
use tokio::{sync::Mutex, task::JoinHandle};

use super::{Connection, connect::connect};
use crate::StoreError;

/// Connections of a thread. With more than one, a read that takes long holds up only some of the others.
const CONNECTIONS: usize = 2;

/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

thread_local! {
    static READERS: RefCell<HashMap<String, Rc<Readers>>> = RefCell::default();
}

/// A thread's connections to a URL.
#[derive(Default)]
struct Readers {
    open: RefCell<Vec<Arc<Reader>>>,
    /// Held while one is opened: reads that come at once do not open one each.
    opening: Mutex<()>,
}

/// A connection, and the task that drives it.
struct Reader {
    connection: AsyncPgConnection,
    driver: JoinHandle<()>,
}

impl Deref for Reader {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

/// This thread's connection to the URL that the fewest read on.
pub async fn reader(url: &str) -> Result<Connection, StoreError> {
    let readers = READERS.with_borrow_mut(|readers| match readers.get(url) {
        Some(readers) => readers.clone(),
        None => readers.entry(url.to_owned()).or_default().clone(),
    });
    let reader = match readers.least_used() {
        Some(reader) => reader,
        None => tokio::time::timeout(PATIENCE, readers.one_more(url))
            .await
            .unwrap_or(Err(StoreError::Busy))?,
    };
    Ok(Connection::new(reader))
}

impl Readers {
    /// None while there are too few that work.
    fn least_used(&self) -> Option<Arc<Reader>> {
        let mut open = self.open.borrow_mut();
        open.retain(|reader| !reader.driver.is_finished());
        if open.len() < CONNECTIONS {
            return None;
        }
        open.iter()
            .min_by_key(|reader| Arc::strong_count(reader))
            .cloned()
    }

    async fn one_more(&self, url: &str) -> Result<Arc<Reader>, StoreError> {
        let _opening = self.opening.lock().await;
        if let Some(reader) = self.least_used() {
            return Ok(reader);
        }
        let opened = connect(url).await;
        let (connection, driver) = opened.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let reader = Arc::new(Reader { connection, driver });
        self.open.borrow_mut().push(reader.clone());
        Ok(reader)
    }
}
