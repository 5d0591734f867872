//! The signals that end the process.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The signals that end the process: Ctrl-C, and those of service managers.
pub struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl EndSignals {
    /// Catches the signals; from now on they have no other effect.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn listen() -> Result<Self, Failure> {
        let listen =
            |kind| signal(kind).map_err(|error| Failure::Start(format!("cannot wait for signals: {error}")));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Returns at the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Returns when the process is told to end.
///
/// # Errors
/// The operating system refuses.
pub async fn told_to_end() -> Result<(), Failure> {
    EndSignals::listen()?.next().await;
    Ok(())
}
