//! The PSP's keys of a gateway, encrypted, and the URL for the PSP's events.

use chrono::Duration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tillgate_model::{Secret, Timestamp};
use tillgate_store::PaymentGatewayRow;

use crate::{context::Context, failure::Failure, stored::stored_json};

/// The context that secret keys are sealed under.
const PURPOSE: &str = "payment_gateways.secret_key";

/// The context that the signing secrets of webhook endpoints are sealed under.
const SIGNING: &str = "payment_gateways.webhook_secrets";
/// Time for which a signing secret stays valid after its successor was given.
const ROTATION: Duration = Duration::hours(24);

/// A signing secret of a webhook endpoint.
#[derive(Serialize, Deserialize)]
struct Signing {
    secret: String,
    /// End of its validity; `None` for the newest secret.
    until: Option<Timestamp>,
}

/// The end of a webhook endpoint's URL, which can't be guessed.
pub fn new_webhook_token(context: &Context) -> String {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    hex::encode(bytes)
}

/// The URL for the events of a gateway's PSP.
pub fn endpoint_url(context: &Context, row: &PaymentGatewayRow) -> String {
    let token = row.webhook_token.as_deref().unwrap_or_default();
    format!("{}/webhook_callbacks/{}/{token}", context.base_url, row.kind)
}

/// The signing secrets of a gateway after a request that may have given a new one. The former secret stays valid for a day, so
/// that both ends need not change at the same moment.
pub fn with_secret(
    context: &Context,
    sealed: Option<&str>,
    new: &Option<Secret>,
) -> Result<Option<String>, Failure> {
    let Some(new) = new else {
        return Ok(sealed.map(ToOwned::to_owned));
    };
    let now = context.now();
    let mut all = open_signing(context, sealed)?;
    all.retain(|known| known.until.is_none_or(|until| until > now) && known.secret != new.expose());
    for known in &mut all {
        known.until.get_or_insert(Timestamp::new(now.moment() + ROTATION));
    }
    all.insert(
        0,
        Signing {
            secret: new.expose().to_owned(),
            until: None,
        },
    );
    let text = stored_json(&all);
    Ok(Some(context.cipher.seal(&*context.entropy, SIGNING, &text)))
}

/// The signing secrets of a gateway's webhook endpoint that are valid now.
pub fn webhook_secrets(context: &Context, row: &PaymentGatewayRow) -> Result<Vec<SecretString>, Failure> {
    let now = context.now();
    let all = open_signing(context, row.webhook_secrets.as_deref())?;
    let counting = all
        .into_iter()
        .filter(|known| known.until.is_none_or(|until| until > now));
    Ok(counting.map(|known| known.secret.into()).collect())
}

fn open_signing(context: &Context, sealed: Option<&str>) -> Result<Vec<Signing>, Failure> {
    match sealed {
        Some(sealed) => Ok(serde_json::from_str(&context.cipher.open(SIGNING, sealed)?)?),
        None => Ok(Vec::new()),
    }
}

/// Encrypts a secret key.
pub fn seal(context: &Context, key: &Secret) -> String {
    context.cipher.seal(&*context.entropy, PURPOSE, key.expose())
}

/// Decrypts the secret key of a gateway.
pub fn secret_key(context: &Context, row: &PaymentGatewayRow) -> Result<Secret, Failure> {
    Ok(Secret::new(context.cipher.open(PURPOSE, &row.secret_key)?))
}
