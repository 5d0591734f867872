//! What the gateways of all kinds share: one table, encrypted keys, the check of the credentials.

use serde_json::{Map, Value};
use tillgate_gateways::{FoundOutcome, RefusalKind};
use tillgate_model::{JsonObject, Problem, Secret};
use tillgate_store::PaymentGatewayRow;
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    flows::{create::unavailable, link::Link, operation::send},
};

/// What secret keys are sealed as.
const PURPOSE: &str = "payment_gateways.secret_key";

/// Encrypts a secret key.
pub fn seal(context: &Context, key: &Secret) -> String {
    context.vault.seal(&*context.entropy, PURPOSE, key.expose())
}

/// Decrypts the secret key of a gateway.
pub fn secret_key(context: &Context, row: &PaymentGatewayRow) -> Result<Secret, Failure> {
    Ok(Secret::new(context.vault.open(PURPOSE, &row.secret_key)?))
}

/// The ends of the keys, under their names.
pub fn credential_keys(keys: &[(&str, Option<&Secret>)]) -> JsonObject {
    let ends: Map<String, Value> = keys
        .iter()
        .filter_map(|(name, key)| key.map(|key| ((*name).to_owned(), Value::String(key.masked_tail()))))
        .collect();
    JsonObject(ends)
}

/// Keys go over TLS, except to this machine, where the sandbox is.
pub fn check_base_url(base_url: &str) -> Result<(), Problem> {
    let url = Url::parse(base_url).ok().filter(|url| {
        let local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        plain && (url.scheme() == "https" || (url.scheme() == "http" && local))
    });
    let message = "must be an https URL without credentials and query; http is allowed to this machine only";
    url.map(|_| ())
        .ok_or_else(|| Problem::invalid("/data/attributes", "invalid", message).field("base_url"))
}

/// Asks the PSP whether it accepts a gateway's keys. `member` is the secret key's name in requests.
pub async fn check_credentials(
    context: &Context,
    row: &PaymentGatewayRow,
    member: &str,
) -> Result<(), Failure> {
    let link = Link::of(context, row)?;
    let question = link.gateway.check_credentials();
    let Ok(answer) = send(context, &link, &question, false).await else {
        return Err(unavailable().into());
    };
    match link.gateway.read_found("", &question, &answer) {
        FoundOutcome::Found(_) | FoundOutcome::NotFound | FoundOutcome::More(_) => Ok(()),
        FoundOutcome::Refused(refusal)
            if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::NotPermitted) =>
        {
            let message = "is not accepted by the payment gateway";
            Err(
                Problem::invalid("/data/attributes/_check", "credentials", message)
                    .field(member)
                    .into(),
            )
        }
        FoundOutcome::Refused(refusal) => {
            tracing::warn!(
                message = refusal.message,
                "the check of a gateway's keys was refused"
            );
            Err(unavailable().into())
        }
        FoundOutcome::Unknown(reason) => {
            tracing::warn!(reason, "the check of a gateway's keys has no answer");
            Err(unavailable().into())
        }
    }
}
