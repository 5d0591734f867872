//! The log, on standard error.

use std::io;

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Starts the log. `RUST_LOG` says what is in it; by default everything from `info` on. A second call does nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    // Fails only when a log was started before, as a test may have done.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
