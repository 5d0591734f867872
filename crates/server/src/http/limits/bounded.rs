//! The memory of a limit: a bounded number of clients, the latest ones.

use std::{
    collections::HashMap,
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use governor::{nanos::Nanos, state::StateStore};

/// Number of clients in a generation.
const GENERATION: usize = 50_000;

/// The state of a limit for each of its clients. If there are too many, the oldest are forgotten: all that came before the last
/// generation was full.
#[derive(Debug)]
pub struct Bounded<K>(Arc<Mutex<Generations<K>>>);

#[derive(Debug)]
struct Generations<K> {
    young: HashMap<K, Nanos>,
    old: HashMap<K, Nanos>,
}

impl<K> Default for Bounded<K> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        })))
    }
}

impl<K> Clone for Bounded<K> {
    /// Shares the entries with another holder.
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Bounded<K> {
    /// Forgets all.
    pub fn forget(&self) {
        let mut generations = self.lock();
        generations.young = HashMap::new();
        generations.old = HashMap::new();
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut generations = self.lock();
        if let Some(state) = generations.young.get_mut(key) {
            let (outcome, next) = measure(Some(*state))?;
            *state = next;
            return Ok(outcome);
        }
        let known = generations.old.get(key).copied();
        let measured = measure(known);
        // A refused client is remembered too: otherwise repeated requests would make the limit forget it.
        let next = match &measured {
            Ok((_, next)) => Some(*next),
            Err(_) => known,
        };
        if let Some(next) = next {
            if generations.young.len() >= GENERATION {
                generations.old = mem::take(&mut generations.young);
            }
            generations.young.insert(key.clone(), next);
        }
        measured.map(|(outcome, _)| outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(store: &Bounded<u32>, key: u32) -> u64 {
        let outcome = store.measure_and_replace(&key, |known| {
            let next = known.map_or(1, |known| known.as_u64() + 1);
            Ok::<_, ()>((next, Nanos::new(next)))
        });
        outcome.expect("never refused")
    }

    #[test]
    fn a_million_clients_take_bounded_memory() {
        let store = Bounded::default();
        for key in 0..1_000_000 {
            count(&store, key);
        }
        let generations = store.lock();
        assert!(generations.young.len() <= GENERATION && generations.old.len() <= GENERATION);
    }

    #[test]
    fn who_comes_again_is_remembered() {
        let store = Bounded::default();
        for key in 1..200_000 {
            assert_eq!(count(&store, key), 1);
            if key % 10_000 == 0 {
                assert_eq!(count(&store, 0), u64::from(key / 10_000));
            }
        }
    }

    #[test]
    fn who_is_refused_is_remembered() {
        let store = Bounded::default();
        count(&store, 0);
        for key in 1..200_000 {
            count(&store, key);
            if key % 10_000 == 0 {
                let refused = store.measure_and_replace(&0, |known| {
                    assert!(known.is_some());
                    Err::<((), Nanos), ()>(())
                });
                assert!(refused.is_err());
            }
        }
    }
}
