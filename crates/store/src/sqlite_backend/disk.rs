//! The way to the disk. SQLite writes a commit to its write-ahead log; it outlives a power cut once the log is synced,
//! which is done here, so that the writer thread can go on meanwhile.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::watch;

use crate::StoreError;

/// The write-ahead log of a database, and how much of it is on the disk.
pub struct Disk {
    /// None if nothing need outlive a power cut.
    log: Option<File>,
    /// Number of the last commit that was begun.
    begun: AtomicU64,
    /// Number of the last commit that is on the disk, or failed.
    settled: watch::Sender<u64>,
}

impl Disk {
    /// Of a database that is open: SQLite keeps the log as long as a connection is.
    pub fn of(database: &Path) -> Result<Self, StoreError> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let file = File::options()
            .write(true)
            .open(&log)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", log.display())))?;
        Ok(Self::on(Some(file)))
    }

    /// Of a database that need not outlive a power cut.
    pub fn none() -> Self {
        Self::on(None)
    }

    /// With a log that is open.
    pub(super) fn on(log: Option<File>) -> Self {
        Self {
            log,
            begun: AtomicU64::new(0),
            settled: watch::Sender::new(0),
        }
    }

    /// The number of the commit that follows. Readers may see it from then on.
    pub fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until everything that was written to the log is on the disk.
    pub fn sync(&self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        log.sync_data()
            .map_err(|error| StoreError::Failed(format!("the write-ahead log: {error}")))
    }

    /// The commit of that number is on the disk, or will never be.
    pub fn settle(&self, number: u64) {
        self.settled.send_replace(number);
    }

    /// Waits until what a reader may have seen by now is on the disk: nobody is told what a power cut could undo.
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
