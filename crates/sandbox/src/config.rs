//! The start settings of a sandbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, atomic::AtomicI64};
use std::time::Duration;

/// Settings of one sandbox.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Address to listen on. Port 0 picks a free port.
    pub listen: SocketAddr,
    /// Origin under which buyers' browsers reach the sandbox (3-D Secure pages), without a trailing slash.
    /// Default: `http://` and the bound address.
    pub public_url: Option<String>,
    /// Directory of the journal. Without it the sandbox forgets everything when it ends.
    pub data_dir: Option<PathBuf>,
    /// Seed of ids and secrets. Without it they come from the operating system's entropy.
    pub seed: Option<u64>,
    /// Serve the operator's routes (faults, ledger, clock) at this address, for this machine only. Otherwise
    /// [`server::control`](crate::server::control) serves them elsewhere.
    pub controls: bool,
    /// Time between the acceptance and the effect of Checkout.com's asynchronous actions (capture, void, refund).
    pub action_delay: Duration,
    /// Seconds by which the sandbox has advanced its clock, for a service in the same process whose clock advances with it.
    pub advanced_by: Option<Arc<AtomicI64>>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            public_url: None,
            data_dir: None,
            seed: None,
            controls: true,
            action_delay: Duration::ZERO,
            advanced_by: None,
        }
    }
}
