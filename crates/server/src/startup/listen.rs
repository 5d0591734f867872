//! Taking the addresses before anything else is done, so that a mistake costs nothing.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::AtomicI64},
};

use tillgate_sandbox::{BoundSandbox, SandboxConfig};

use crate::{config::Config, failure::Failure, world::Seeded};

/// Takes the API's address.
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

/// The system closes a connection whose client does not take its answer for so long. The connections that are accepted
/// inherit this.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn cut_off_who_does_not_read(listener: &TcpListener) -> io::Result<()> {
    const UNREAD: std::time::Duration = std::time::Duration::from_secs(30);
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(UNREAD))
}

/// There is no such option of a connection.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn cut_off_who_does_not_read(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Takes the address of what is for the operator, if it has one.
///
/// # Errors
/// It is in use, not one of this machine's, or reserved.
pub fn bind_admin(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let bind = |address| TcpListener::bind(address).map_err(|error| refused("admin-listen", address, &error));
    config.admin_listen.map(bind).transpose()
}

/// Takes the sandbox's address and opens its journal, unless it is switched off. Its ids and its time can come from a
/// seed. With `controls`, the operator's routes are there too. Where it advances its clock, it tells by how much.
///
/// # Errors
/// The address cannot be taken, or the journal cannot be opened.
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
