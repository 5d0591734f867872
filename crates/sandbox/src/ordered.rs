//! A map that remembers the order in which keys were first inserted.

use std::collections::{BTreeMap, HashMap};

/// Map from id to `T`, iterated in order of first insertion. All operations are O(log n).
#[derive(Clone, Debug)]
pub(crate) struct Ordered<T> {
    next: u64,
    position: HashMap<String, u64>,
    rows: BTreeMap<u64, (String, T)>,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self {
            next: 0,
            position: HashMap::new(),
            rows: BTreeMap::new(),
        }
    }
}

impl<T> Ordered<T> {
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.position.get(id)?).map(|(_, row)| row)
    }

    /// Inserts, or replaces in place.
    pub(crate) fn insert(&mut self, id: &str, row: T) {
        if let Some(position) = self.position.get(id) {
            self.rows.insert(*position, (id.to_owned(), row));
        } else {
            self.position.insert(id.to_owned(), self.next);
            self.rows.insert(self.next, (id.to_owned(), row));
            self.next += 1;
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let position = self.position.remove(id)?;
        self.rows.remove(&position).map(|(_, row)| row)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.values().map(|(id, row)| (id.as_str(), row))
    }

    pub(crate) fn into_rows(self) -> impl Iterator<Item = (String, T)> {
        self.rows.into_values()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Ordered;

    #[test]
    fn replacing_keeps_the_place_and_removing_forgets_it() {
        let mut map = Ordered::default();
        map.insert("b", 1);
        map.insert("a", 2);
        map.insert("b", 3);
        assert_eq!(map.iter().collect::<Vec<_>>(), [("b", &3), ("a", &2)]);
        assert_eq!(map.remove("b"), Some(3));
        map.insert("b", 4);
        assert_eq!(map.iter().collect::<Vec<_>>(), [("a", &2), ("b", &4)]);
        assert_eq!(map.len(), 2);
    }
}
