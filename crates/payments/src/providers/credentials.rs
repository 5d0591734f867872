//! What a gateway keeps of its PSP's keys, encrypted, and where the PSP sends its events.

use chrono::Duration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tillgate_model::{Secret, Timestamp};
use tillgate_store::PaymentGatewayRow;

use crate::{context::Context, failure::Failure, stored::stored_json};

/// What secret keys are sealed as.
const PURPOSE: &str = "payment_gateways.secret_key";

/// What the signing secrets of webhook endpoints are sealed as.
const SIGNING: &str = "payment_gateways.webhook_secrets";
/// How long a signing secret counts after another one has followed it.
const ROTATION: Duration = Duration::hours(24);

/// A signing secret of a webhook endpoint.
#[derive(Serialize, Deserialize)]
struct Signing {
    secret: String,
    /// When it stops to count; not as long as it is the newest.
    until: Option<Timestamp>,
}

/// The end of a webhook endpoint's URL, which nobody can guess.
pub fn new_webhook_token(context: &Context) -> String {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    hex::encode(bytes)
}

/// Where a gateway's PSP sends its events.
pub fn endpoint_url(context: &Context, row: &PaymentGatewayRow) -> String {
    let token = row.webhook_token.as_deref().unwrap_or_default();
    format!("{}/webhook_callbacks/{}/{token}", context.base_url, row.kind)
}

/// The signing secrets of a gateway after a new one was given, if one was. The one before counts for a day more, so that
/// both ends need not change at the same moment.
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

/// The signing secrets of a gateway's webhook endpoint that count now.
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
