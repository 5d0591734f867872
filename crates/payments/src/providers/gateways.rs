//! The common parts of the gateways of all kinds: one table, encrypted keys, the check of the credentials.

use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tillgate_gateways::{FoundOutcome, KeyFault, RefusalKind};
use tillgate_model::{Id, JsonObject, Problem, ProblemList, Problems, Secret};
use tillgate_outgoing::{OwnHost, Refused};
use tillgate_store::{PaymentGatewayRow, Tx, query};
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    providers::{
        connection::ProviderConnection, credentials::with_secret, operation::send, refusal::unavailable,
        registration,
    },
    request::Request,
};

/// An endpoint that was registered for a gateway.
pub struct Endpoint {
    /// The PSP's id of the endpoint.
    pub id: String,
    /// Its signing secret, encrypted.
    pub secrets: Option<String>,
}

/// Registers a gateway's webhook endpoint with its PSP if it [needs one](registration::is_missing), or if its endpoint is
/// [gone](registration::is_gone). Events that are on their way stay valid under the former secret.
pub async fn register_endpoint(
    context: &Context,
    row: &PaymentGatewayRow,
) -> Result<Option<Endpoint>, Failure> {
    if !registration::is_missing(context, row) && !registration::is_gone(context, row).await? {
        return Ok(None);
    }
    let Some(endpoint) = registration::register(context, row).await? else {
        return Ok(None);
    };
    let secret = Some(Secret::new(endpoint.secret.expose_secret()));
    Ok(Some(Endpoint {
        id: endpoint.id,
        secrets: with_secret(context, row.webhook_secrets.as_deref(), &secret)?,
    }))
}

/// Stores a newly registered endpoint with its gateway, in place of `former`.
pub async fn keep_endpoint(
    request: &Request,
    id: &Id,
    former: Option<String>,
    endpoint: Endpoint,
) -> Result<(), Failure> {
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
                gateway_events::keep_endpoint(&scope, &id, former.as_deref(), endpoint, secrets.as_deref())
            )
        })
        .await?)
}

/// The last characters of the keys, by name.
pub fn credential_keys(keys: &[(&str, Option<&Secret>)]) -> JsonObject {
    let ends: Map<String, Value> = keys
        .iter()
        .filter_map(|(name, key)| key.map(|key| ((*name).to_owned(), Value::String(key.masked_tail()))))
        .collect();
    JsonObject(ends)
}

/// All problems of the given keys, each under its name in requests.
pub fn judge_keys(keys: &[(&str, Result<(), KeyFault>)]) -> Result<(), Problems> {
    let mut problems = ProblemList::default();
    for (name, judged) in keys {
        if let Err(message) = judged {
            problems.push(|| Problem::invalid(format!("/data/attributes/{name}"), "invalid", *message));
        }
    }
    problems.into_result()
}

/// Refuses a URL that is not its vendor's, unless the operator allows it.
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

/// Whether an update changes the gateway's URL. Two spellings of one URL are equal.
pub fn moves(before: &str, after: &str) -> bool {
    before != after
        && !matches!((Url::parse(before), Url::parse(after)), (Ok(before), Ok(after)) if before == after)
}

/// Refuses a change of the URL without the key: a stored key is sent only to the URL that it was given for. `key` is the key's
/// name in requests.
pub fn refuse_kept_key(moves: bool, given: bool, key: &str) -> Result<(), Problem> {
    if moves && !given {
        let message = "must be sent again together with another base_url";
        return Err(Problem::invalid(
            format!("/data/attributes/{key}"),
            "blank",
            message,
        ));
    }
    Ok(())
}

/// Whether an update changes to another account, where the former signing secrets and endpoint are useless. The same key at
/// another URL is the same account.
pub fn is_another_account(moves: bool, before: &Secret, after: &Secret) -> bool {
    moves && before != after
}

/// Asks the PSP whether it accepts a gateway's keys. `member` is the secret key's name in requests.
pub async fn check_credentials(
    context: &Context,
    row: &PaymentGatewayRow,
    member: &str,
) -> Result<(), Failure> {
    let connection = ProviderConnection::of(context, row)?;
    let question = connection.gateway.check_credentials();
    let Ok(answer) = send(context, &connection, &question, false).await else {
        return Err(unavailable().into());
    };
    match connection.gateway.read_found("", &question, &answer) {
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
            tracing::warn!(reason, "the check of a gateway's keys got no answer");
            Err(unavailable().into())
        }
    }
}
