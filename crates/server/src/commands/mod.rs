//! The commands besides `serve`.

pub mod app;
pub mod listen;
pub mod migrate;
pub mod openapi;
pub mod org;
pub mod payments;
pub mod sandbox;
mod table;
pub mod token;

use std::io::{self, Write};

use tillgate_model::Timestamp;

use crate::failure::Failure;

/// Prints a line of the command's result.
fn print(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}")
        .map_err(|error| Failure::Start(format!("cannot write to standard output: {error}")))
}

fn mode(test: bool) -> String {
    if test { "test" } else { "live" }.into()
}

/// A time to the second, in UTC.
fn moment(time: Option<Timestamp>) -> String {
    time.map_or_else(
        || "-".into(),
        |time| time.moment().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// A name from the arguments.
fn name(text: &str) -> Result<String, &'static str> {
    tillgate_model::text::name(text)
}
