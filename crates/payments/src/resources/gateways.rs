//! What the gateways of all kinds share: one table, encrypted keys, the check of the credentials.

use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tillgate_gateways::{FoundOutcome, KeyFault, RefusalKind};
use tillgate_model::{Id, JsonObject, Problem, ProblemList, Problems, Secret, Timestamp};
use tillgate_outgoing::{OwnHost, Refused};
use tillgate_store::{PaymentGatewayRow, Tx, query};
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    flows::{create::unavailable, link::Link, operation::send},
    request::Request,
    stored::stored_json,
    webhooks::registration,
};

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
    Ok(Some(context.vault.seal(&*context.entropy, SIGNING, &text)))
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
        Some(sealed) => Ok(serde_json::from_str(&context.vault.open(SIGNING, sealed)?)?),
        None => Ok(Vec::new()),
    }
}

/// An endpoint that was registered for a gateway.
pub struct Endpoint {
    /// The PSP's identifier of it.
    pub id: String,
    /// Encrypted: its signing secret.
    pub secrets: Option<String>,
}

/// Registers a gateway's webhook endpoint with its PSP if it [needs one](registration::is_missing).
pub async fn register_endpoint(
    context: &Context,
    row: &PaymentGatewayRow,
) -> Result<Option<Endpoint>, Failure> {
    if !registration::is_missing(context, row) {
        return Ok(None);
    }
    let Some(endpoint) = registration::register(context, row).await? else {
        return Ok(None);
    };
    let secret = Some(Secret::new(endpoint.secret.expose_secret()));
    Ok(Some(Endpoint {
        id: endpoint.id,
        secrets: with_secret(context, None, &secret)?,
    }))
}

/// Gives a stored gateway the endpoint that was registered for it.
pub async fn keep_endpoint(request: &Request, id: &Id, endpoint: Endpoint) -> Result<(), Failure> {
    let (scope, id) = (request.scope().clone(), id.clone());
    Ok(request
        .context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            let Endpoint {
                id: endpoint,
                secrets,
            } = &endpoint;
            query!(
                tx,
                gateway_events::keep_endpoint(&scope, &id, endpoint, secrets.as_deref())
            )
        })
        .await?)
}

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

/// Everything that is wrong with keys that were given, each under its name in requests.
pub fn judge_keys(keys: &[(&str, Result<(), KeyFault>)]) -> Result<(), Problems> {
    let mut problems = ProblemList::default();
    for (name, judged) in keys {
        if let Err(message) = judged {
            problems.push(|| Problem::invalid(format!("/data/attributes/{name}"), "invalid", *message));
        }
    }
    problems.into_result()
}

/// Refuses to let a gateway be where its vendor is not, unless the operator allows it.
pub async fn judge_base_url(context: &Context, is_own_host: OwnHost, base_url: &str) -> Result<(), Problem> {
    let refused = |rule, message| Problem::invalid("/data/attributes/base_url", rule, message);
    let url = Url::parse(base_url).ok().filter(|url| url.query().is_none());
    let judged = match &url {
        Some(url) => context.transport.judge(is_own_host, url).await,
        None => Err(Refused::NoWebUrl),
    };
    match judged {
        Ok(()) => Ok(()),
        Err(Refused::NoWebUrl | Refused::Credentials | Refused::Fragment) => Err(refused(
            "invalid",
            "must be an https URL without credentials, query and fragment",
        )),
        Err(Refused::Place) => Err(refused(
            "not_allowed",
            "must be the payment gateway's own address, without a path, or one that the operator of this service allows \
             with --allow-gateway-range",
        )),
    }
}

/// Whether a gateway is to be elsewhere. Two spellings of a URL are one place.
pub fn moves(before: &str, after: &str) -> bool {
    before != after
        && !matches!((Url::parse(before), Url::parse(after)), (Ok(before), Ok(after)) if before == after)
}

/// A key that is stored is sent to no other place than the one that it was given for: who names another place gives the key
/// again. `key` is the key's name in requests.
pub fn refuse_kept_key(moves: bool, given: bool, key: &str) -> Result<(), Problem> {
    if moves && !given {
        let message = "must be given again together with another base_url";
        return Err(Problem::invalid(
            format!("/data/attributes/{key}"),
            "blank",
            message,
        ));
    }
    Ok(())
}

/// The signing secrets and the endpoint of another account mean nothing at this one. The same key at another place is the
/// same account.
pub fn is_another_account(moves: bool, before: &Secret, after: &Secret) -> bool {
    moves && before != after
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
