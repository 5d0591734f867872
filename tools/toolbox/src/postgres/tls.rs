//! A cluster that takes connections over TLS alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::account::Account;

/// The certificate of a cluster with this data directory.
pub(super) fn certificate(data: &Path) -> PathBuf {
    data.join("server.crt")
}

/// Gives a new cluster a certificate, and has it refuse connections without TLS. `server.crt` and `server.key` are PostgreSQL's
/// default names.
pub(super) fn configure(data: &Path, account: Option<&Account>) -> Result<()> {
    let (certificate, key) = (certificate(data), data.join("server.key"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    openssl.args(["-days", "2", "-subj", "/CN=tillgate"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let output = openssl
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .context("openssl can't be run")?;
    ensure!(
        output.status.success(),
        "openssl failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    // PostgreSQL refuses a key that others can read.
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    if let Some(account) = account {
        for file in [&certificate, &key] {
            chown(file, Some(account.uid), Some(account.gid))?;
        }
    }
    let mut settings = fs::File::options()
        .append(true)
        .open(data.join("postgresql.conf"))?;
    writeln!(settings, "ssl = on")?;
    fs::write(
        data.join("pg_hba.conf"),
        "hostssl all all 127.0.0.1/32 scram-sha-256\n",
    )?;
    Ok(())
}
