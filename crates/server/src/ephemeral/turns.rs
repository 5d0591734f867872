//! Who works at a time: many, or one alone.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Hands out turns, in the order in which they are asked for.
#[derive(Clone, Default)]
pub struct Turns(Arc<RwLock<()>>);

/// A turn beside others; clones are one turn.
pub type Turn = Arc<OwnedRwLockReadGuard<()>>;

impl Turns {
    /// A turn beside others. Whoever has one must not ask for another: one who waits to be alone may stand between them.
    pub async fn beside_others(&self) -> Turn {
        Arc::new(Arc::clone(&self.0).read_owned().await)
    }

    /// A turn alone.
    pub async fn alone(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.0).write_owned().await
    }
}
