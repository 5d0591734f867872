//! `tillgate openapi`

use tillgate_model::openapi::v30;

use super::print;
use crate::failure::Failure;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Arguments {
    /// In OpenAPI 3.0, for tools that don't read 3.1
    #[arg(long = "v3.0")]
    version_3_0: bool,
}

/// Runs the command.
///
/// # Errors
/// The document has no form in OpenAPI 3.0.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut document = crate::openapi::document();
    if arguments.version_3_0 {
        document = v30::downlevel(&document)
            .map_err(|error| Failure::Start(format!("the document has no form in OpenAPI 3.0: {error}")))?;
    }
    print(&format!("{document:#}"))
}
