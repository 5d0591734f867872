//! A vendor's objects of one kind.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::env::Env;
use crate::ordered::Ordered;

/// Rows by id, in order of creation; every change is journaled before the request's answer leaves.
pub struct Table<T> {
    name: &'static str,
    rows: Ordered<T>,
}

impl<T: Serialize + DeserializeOwned + Clone> Table<T> {
    /// Takes the rows that the journal holds for `name` (unique over both vendors, such as `stripe.refunds`).
    ///
    /// # Errors
    /// When a journaled row doesn't have the shape of `T`.
    pub fn load(env: &mut Env, name: &'static str) -> io::Result<Self> {
        let mut rows = Ordered::default();
        for (id, value) in env.take_replayed(name) {
            let row = serde_json::from_value(value).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("journal, {name} {id}: {error}"),
                )
            })?;
            rows.insert(&id, row);
        }
        Ok(Self { name, rows })
    }

    /// The row with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    /// Creates or replaces a row; a replaced row keeps its place in the order.
    pub fn put(&mut self, env: &mut Env, id: &str, row: T) {
        env.journal().record(self.name, id, Some(&row));
        self.rows.insert(id, row);
    }

    /// Deletes a row and returns it.
    pub fn remove(&mut self, env: &mut Env, id: &str) -> Option<T> {
        let row = self.rows.remove(id)?;
        env.journal().record::<T>(self.name, id, None);
        Some(row)
    }

    /// Rows, oldest first; `.rev()` for newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.iter()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
