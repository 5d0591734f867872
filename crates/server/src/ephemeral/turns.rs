//! Turns: shared by many, or exclusive.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Gives out turns, in the order of the requests for them.
#[derive(Clone, Default)]
pub struct Turns(Arc<RwLock<()>>);

/// A shared turn; clones are one turn.
pub type Turn = Arc<OwnedRwLockReadGuard<()>>;

impl Turns {
    /// A shared turn. Its holder must not ask for another one: a request for an exclusive turn may wait between them.
    pub async fn beside_others(&self) -> Turn {
        Arc::new(Arc::clone(&self.0).read_owned().await)
    }

    /// An exclusive turn.
    pub async fn alone(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.0).write_owned().await
    }
}
