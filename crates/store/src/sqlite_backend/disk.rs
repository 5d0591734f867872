//! Syncs SQLite's write-ahead log to the disk. A commit survives a power cut once the log is synced. This happens here, so that
//! the writer thread can continue meanwhile.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::watch;

use crate::StoreError;

/// The write-ahead log of a database, and the part of it that is on the disk.
pub struct Disk {
    /// `None` if nothing need survive a power cut.
    log: Option<File>,
    /// Number of the last commit that has begun.
    begun: AtomicU64,
    /// Number of the last commit that is on the disk, or failed.
    settled: watch::Sender<u64>,
}

impl Disk {
    /// The disk of an open database: SQLite keeps the log as long as a connection is open.
    pub fn of(database: &Path) -> Result<Self, StoreError> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let file = File::options()
            .write(true)
            .open(&log)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", log.display())))?;
        Ok(Self::on(Some(file)))
    }

    /// The disk of a database that need not survive a power cut.
    pub fn none() -> Self {
        Self::on(None)
    }

    /// A disk with an open log.
    pub(super) fn on(log: Option<File>) -> Self {
        Self {
            log,
            begun: AtomicU64::new(0),
            settled: watch::Sender::new(0),
        }
    }

    /// The number of the next commit. Readers may see it from then on.
    pub fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until everything in the log is on the disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        log.sync_data()
            .map_err(|error| StoreError::Failed(format!("the write-ahead log: {error}")))
    }

    /// Records that a commit is on the disk, or never will be.
    pub fn settle(&self, number: u64) {
        self.settled.send_replace(number);
    }

    /// Waits until everything that a reader may have seen is on the disk: no caller learns what a power cut could undo.
    pub async fn settled(&self) {
        let seen = self.begun.load(Ordering::SeqCst);
        if *self.settled.borrow() < seen {
            // The sender lives as long as this does.
            let _ = self
                .settled
                .subscribe()
                .wait_for(|settled| *settled >= seen)
                .await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_reader_waits_for_what_it_may_have_seen_and_for_no_more() {
        let disk = Disk::none();
        assert!(disk.settled().now_or_never().is_some());
        let first = disk.begin();
        let waits = disk.settled();
        let mut waits = std::pin::pin!(waits);
        assert!(waits.as_mut().now_or_never().is_none());
        let second = disk.begin();
        disk.settle(first);
        assert!(waits.now_or_never().is_some());
        assert!(disk.settled().now_or_never().is_none());
        disk.settle(second);
        assert!(disk.settled().now_or_never().is_some());
    }
}
