//! Reads on a connection of the calling thread, without a hop to another thread.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use diesel::connection::SimpleConnection;

use super::{Connection, open};
use crate::StoreError;

/// A read only waits for another process that has locked the file. All other reads of the thread wait with it.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 500";

thread_local! {
    static CONNECTIONS: RefCell<HashMap<PathBuf, Connection>> = RefCell::new(HashMap::new());
}

/// Calls the function with this thread's connection to the file.
pub fn read<T>(path: &Path, read: impl FnOnce(&mut Connection) -> T) -> Result<T, StoreError> {
    CONNECTIONS.with_borrow_mut(|connections| {
        if !connections.contains_key(path) {
            let mut connection = open(path)?;
            connection.batch_execute(BUSY_TIMEOUT)?;
            connections.insert(path.to_owned(), connection);
        }
        let connection = connections
            .get_mut(path)
            .ok_or_else(|| StoreError::Unavailable("no connection".into()))?;
        Ok(read(connection))
    })
}
