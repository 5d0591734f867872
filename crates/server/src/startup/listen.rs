//! Binds the addresses before anything else, so that a mistake costs nothing.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::AtomicI64},
};

use tillgate_sandbox::{BoundSandbox, SandboxConfig};

use crate::{config::Config, failure::Failure, world::Seeded};

/// Binds the API's address.
///
/// # Errors
/// It is in use, not one of this machine's, or reserved.
pub fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        cut_off_who_does_not_read(&listener)?;
        Ok(listener)
    });
    bound.map_err(|error| refused("listen", address, &error))
}

/// Lets the system close a connection whose client does not read its answer for this time. Accepted connections inherit this.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn cut_off_who_does_not_read(listener: &TcpListener) -> io::Result<()> {
    const UNREAD: std::time::Duration = std::time::Duration::from_secs(30);
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(UNREAD))
}

/// Does nothing: connections have no such option here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn cut_off_who_does_not_read(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Binds the address of the operator endpoints, if they have their own.
///
/// # Errors
/// It is in use, not one of this machine's, or reserved.
pub fn bind_admin(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let bind = |address| TcpListener::bind(address).map_err(|error| refused("admin-listen", address, &error));
    config.admin_listen.map(bind).transpose()
}

/// Binds the sandbox's address and opens its journal, unless it is switched off. Its ids and its time can come from a seed. With
/// `controls`, it also has the operator's routes. It adds to `advanced_by` when its clock is advanced.
///
/// # Errors
/// The address can't be bound, or the journal can't be opened.
pub fn bind_sandbox(
    config: &Config,
    controls: bool,
    seeded: Option<&Arc<Seeded>>,
    advanced_by: Option<&Arc<AtomicI64>>,
) -> Result<Option<BoundSandbox>, Failure> {
    let Some(listen) = config.sandbox_listen else {
        return Ok(None);
    };
    let settings = SandboxConfig {
        listen,
        controls,
        data_dir: Some(config.data_dir.join("sandbox")),
        seed: seeded.map(|seeded| seeded.seed()),
        advanced_by: advanced_by.map(Arc::clone),
        ..SandboxConfig::default()
    };
    let bound = match seeded {
        Some(seeded) => tillgate_sandbox::bind_on_clock(settings, Arc::<Seeded>::clone(seeded)),
        None => tillgate_sandbox::bind(settings),
    };
    bound
        .map(Some)
        .map_err(|error| refused("sandbox-listen", listen, &error))
}

fn refused(setting: &str, address: SocketAddr, error: &io::Error) -> Failure {
    let hint = if error.kind() == io::ErrorKind::AddrInUse {
        format!("; choose another address with --{setting}")
    } else {
        String::new()
    };
    Failure::Start(format!("cannot listen on {address}: {error}{hint}"))
}
