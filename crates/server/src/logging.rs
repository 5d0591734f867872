//! The log, on standard error.

use std::io::{self, IsTerminal, Stderr, Write};

use tillgate_model::card_number;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// The server library logs each of its threads at `info`.
const DEFAULT: &str = "info,actix_server=warn";

/// Starts the log. `RUST_LOG` selects its contents; by default everything from `info` on. A second call does nothing.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(|| Redacted(io::stderr()));
    // Fails only if a log was started before, such as by a test.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Standard error, without card numbers. Each write is a whole line.
struct Redacted<W = Stderr>(W);

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match str::from_utf8(line) {
            Ok(text) => self.0.write_all(card_number::redact(text).as_bytes())?,
            Err(_) => {
                let text = String::from_utf8_lossy(line);
                self.0.write_all(card_number::redact(&text).as_bytes())?;
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Redacted<Self>;

        fn make_writer(&'a self) -> Self::Writer {
            Redacted(self.clone())
        }
    }

    #[test]
    fn no_card_number_is_logged_in_either_format() {
        let say = || {
            let spelled = "4242\u{a0}4242\t4242\u{200b}4242";
            tracing::info!(
                path = "/x/%34242424242424242",
                ?spelled,
                spelled,
                "paid with 4242 4242 4242 4242"
            );
        };
        for json in [false, true] {
            let lines = Lines::default();
            let log = fmt().with_ansi(false).with_writer(lines.clone());
            if json {
                with_default(log.json().flatten_event(true).finish(), say);
            } else {
                with_default(log.finish(), say);
            }
            let written = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
            assert_eq!(written.matches(card_number::REMOVED).count(), 4, "{written}");
            assert!(!written.contains("4242"), "{written}");
            assert!(
                !json || serde_json::from_str::<serde_json::Value>(&written).is_ok(),
                "{written}"
            );
        }
    }
}
