//! The `tillgate` binary under test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, bail};

/// Path of the binary: `TILLGATE_BIN`, or the result of `cargo build`, once per process.
pub fn path() -> Result<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf>> = OnceLock::new();
    match BINARY.get_or_init(|| {
        std::env::var_os("TILLGATE_BIN").map_or_else(tillgate_testkit::build, |path| Ok(path.into()))
    }) {
        Ok(path) => Ok(path),
        Err(error) => bail!("the service can't be built: {error:#}"),
    }
}
