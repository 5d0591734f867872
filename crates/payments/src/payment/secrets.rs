//! The secrets of a payment source, encrypted for the database.

use tillgate_model::Secret;
use tillgate_store::PaymentSourceRow;

use crate::{context::Context, failure::Failure};

/// The contexts that client secrets and tokens are sealed under.
const CLIENT_SECRET: &str = "payment_sources.client_secret";
const TOKEN: &str = "payment_sources.token";

/// Encrypts a client secret.
pub fn seal_client_secret(context: &Context, secret: &Secret) -> String {
    context
        .cipher
        .seal(&*context.entropy, CLIENT_SECRET, secret.expose())
}

/// Encrypts a token.
pub fn seal_token(context: &Context, token: &Secret) -> String {
    context.cipher.seal(&*context.entropy, TOKEN, token.expose())
}

/// Decrypts the client secret of a source, if it has one.
pub fn client_secret(context: &Context, row: &PaymentSourceRow) -> Result<Option<Secret>, Failure> {
    let open = |sealed: &String| context.cipher.open(CLIENT_SECRET, sealed).map(Secret::new);
    Ok(row.client_secret.as_ref().map(open).transpose()?)
}

/// Decrypts the token of a source, if it has one.
pub fn token(context: &Context, row: &PaymentSourceRow) -> Result<Option<Secret>, Failure> {
    let open = |sealed: &String| context.cipher.open(TOKEN, sealed).map(Secret::new);
    Ok(row.token.as_ref().map(open).transpose()?)
}
