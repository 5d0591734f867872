//! Reads: on a connection that the calling thread keeps, without a hop to another thread.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{Connection, open};
use crate::StoreError;

thread_local! {
    static CONNECTIONS: RefCell<HashMap<PathBuf, Connection>> = RefCell::new(HashMap::new());
}

/// Calls the function with this thread's connection to the file.
pub fn read<T>(path: &Path, read: impl FnOnce(&mut Connection) -> T) -> Result<T, StoreError> {
    CONNECTIONS.with_borrow_mut(|connections| {
        if !connections.contains_key(path) {
            connections.insert(path.to_owned(), open(path)?);
        }
        let connection = connections
            .get_mut(path)
            .ok_or_else(|| StoreError::Unavailable("no connection".into()))?;
        Ok(read(connection))
    })
}
