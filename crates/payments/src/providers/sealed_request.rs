//! The exact bytes for a PSP, encrypted with the intent, because they may hold a card's token.

use tillgate_gateways::PspRequest;

use crate::{context::Context, failure::Failure, stored::stored_json};

/// Seals a request; `purpose` names the column.
pub fn seal(context: &Context, purpose: &str, request: &PspRequest) -> String {
    context
        .cipher
        .seal(&*context.entropy, purpose, &stored_json(request))
}

/// Opens a sealed request.
///
/// # Errors
/// It was sealed with another key or for another purpose.
pub fn open(context: &Context, purpose: &str, sealed: &str) -> Result<PspRequest, Failure> {
    Ok(serde_json::from_str(&context.cipher.open(purpose, sealed)?)?)
}
