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

use crate::failure::Failure;

/// Prints a line of the command's result.
fn print(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}")
        .map_err(|error| Failure::Start(format!("cannot write to standard output: {error}")))
}

/// A name among the arguments.
fn name(text: &str) -> Result<String, &'static str> {
    tillgate_model::text::name(text)
}
