//! Idempotency keys: the record commits with the intent, its answer with the result.

use bytes::Bytes;
use chrono::Duration;
use serde_json::Value;
use tillgate_model::{Id, Problem, Problems, Resource, problem::Kind, resources::Order};
use tillgate_store::{IdempotencyKeyRow, Sender, Tx, query, send};

use crate::{
    call::{Answer, Call, Caller, IdempotencyKey},
    failure::Failure,
    planted::{self, Bug},
    request::Request,
    stored::stored_time,
};

/// The context that a stored answer is sealed under.
const PURPOSE: &str = "idempotency_keys.body";
/// The context that a fingerprint is hashed under. A body may hold a password, which a plain hash could reveal.
const FINGERPRINT: &str = "idempotency_keys.fingerprint";
/// Lifetime of a key, from its first request.
pub const LIFETIME: Duration = Duration::hours(24);

impl Request {
    /// Claims the idempotency key in the first transaction. `resource` is created or changed by the request.
    pub async fn claim(&self, tx: &mut Tx<'_>, resource: Option<(&str, &str)>) -> Result<(), Failure> {
        match &self.key {
            Some(key) => claim(self, key, tx, resource).await,
            None => Ok(()),
        }
    }

    /// Stores the answer in the last transaction.
    pub async fn finish(&self, tx: &mut Tx<'_>, answer: &Answer) -> Result<(), Failure> {
        match &self.key {
            Some(key) => finish(self, key, tx, answer).await,
            None => Ok(()),
        }
    }
}

/// Claims the key, or ends the call with the stored answer.
pub async fn claim(
    request: &Request,
    key: &IdempotencyKey,
    tx: &mut Tx<'_>,
    resource: Option<(&str, &str)>,
) -> Result<(), Failure> {
    let row = new_row(request, key, resource);
    if query!(tx, idempotency_keys::claim(&row))? {
        return Ok(());
    }
    let scope = request.scope();
    let Some(known) = query!(tx, idempotency_keys::get(scope, sender(request), &key.key))? else {
        return Err(in_use());
    };
    if is_forgotten(request, &known) {
        query!(tx, idempotency_keys::save(&row))?;
        return Ok(());
    }
    Err(replay(request, known, key)?)
}

/// Ends the call with the stored answer if its key is known. This comes before the body is judged, which may differ from the
/// first one.
pub async fn look_up(request: &Request) -> Result<(), Failure> {
    if request.key.is_none() {
        return Ok(());
    }
    let db = &request.context.db;
    db.read(async |tx: &mut Tx<'_>| end_if_known(request, tx).await)
        .await
}

/// Ends the call within a transaction if its key has an answer. For steps before the call claims its key.
pub async fn end_if_known(request: &Request, tx: &mut Tx<'_>) -> Result<(), Failure> {
    let Some(key) = &request.key else {
        return Ok(());
    };
    match query!(
        tx,
        idempotency_keys::get(request.scope(), sender(request), &key.key)
    )? {
        Some(known) if !is_forgotten(request, &known) => Err(replay(request, known, key)?),
        _ => Ok(()),
    }
}

/// The owner of a call's key, beside the application: a customer or a guest. If two owners choose the same key, neither gets the
/// other's answer.
///
/// A guest is identified by knowing the id of an order or a payment. A guest who pays again from another network or with a new
/// token must get the first answer, so these keys belong to the resource or the order of the request. Only for a request with
/// neither, the access token counts.
pub fn owner(caller: &Caller, call: &Call) -> String {
    if call.idempotency_key.is_none() {
        return String::new();
    }
    match (caller.buyer(), &caller.customer_id) {
        (None, _) => String::new(),
        (Some(_), Some(customer)) => customer.to_string(),
        (Some(_), None) => match about(call) {
            Some((kind, id)) => format!("guest:{kind}:{id}"),
            None => format!(
                "guest:token:{}",
                hex::encode(caller.token_hash.unwrap_or_default())
            ),
        },
    }
}

/// The resource that a call changes or pays.
fn about(call: &Call) -> Option<(&'static str, Id)> {
    if let Some(id) = &call.id {
        return Some((call.operation.resource.kind, id.clone()));
    }
    let body: Value = serde_json::from_slice(&call.body).ok()?;
    let order = body.pointer("/data/relationships/order")?;
    let linkage = order.get("data").unwrap_or(order);
    Some((Order::META.kind, linkage["id"].as_str()?.parse().ok()?))
}

fn sender(request: &Request) -> Sender<'_> {
    Sender {
        application_id: &request.caller.application_id,
        owner: &request.key_owner,
    }
}

fn is_forgotten(request: &Request, known: &IdempotencyKeyRow) -> bool {
    if planted::is(Bug::KeyForgotten) {
        return true;
    }
    known.finished_at.is_some() && known.created_at + LIFETIME < stored_time(request.context.now())
}

fn new_row(request: &Request, key: &IdempotencyKey, resource: Option<(&str, &str)>) -> IdempotencyKeyRow {
    IdempotencyKeyRow {
        organization_id: request.scope().organization_id().to_string(),
        test: request.scope().test(),
        application_id: request.caller.application_id.to_string(),
        owner_id: request.key_owner.clone(),
        key: key.key.clone(),
        fingerprint: request.context.cipher.keyed_hash(FINGERPRINT, &key.fingerprint),
        created_at: stored_time(request.context.now()),
        finished_at: None,
        resource_type: resource.map(|(kind, _)| kind.to_owned()),
        resource_id: resource.map(|(_, id)| id.to_owned()),
        status: None,
        location: None,
        body: None,
    }
}

fn in_use() -> Failure {
    let problem = Problem::new(
        Kind::IdempotencyKeyInUse,
        "A request with this idempotency key is still in progress. Send it again in a moment.",
    );
    Problems::from(problem.header("Idempotency-Key"))
        .retry_after(1)
        .into()
}

/// The end of a call whose key is known.
fn replay(request: &Request, known: IdempotencyKeyRow, key: &IdempotencyKey) -> Result<Failure, Failure> {
    let same = request
        .context
        .cipher
        .verify_hash(FINGERPRINT, &key.fingerprint, &known.fingerprint);
    if !same {
        let problem = Problem::new(
            Kind::IdempotencyKeyReused,
            "This idempotency key was used for another request. Choose a new key for a new request.",
        );
        return Ok(problem
            .header("Idempotency-Key")
            .meta("error", "idempotency_key_reused")
            .into());
    }
    if known.finished_at.is_none() {
        return Ok(in_use());
    }
    if let Some(answer) = stored_answer(request, &known)? {
        return Ok(Failure::Replay(Box::new(answer)));
    }
    match (known.resource_type, known.resource_id) {
        (Some(kind), Some(id)) => Ok(Failure::ReplayOf { kind, id }),
        _ => Err(Failure::Internal(
            "an idempotency key has neither an answer nor a resource".into(),
        )),
    }
}

/// The stored answer for the key, if another process has resolved this same request meanwhile.
pub async fn answered(request: &Request, tx: &mut Tx<'_>) -> Result<Option<Answer>, Failure> {
    let Some(key) = &request.key else {
        return Ok(None);
    };
    let known = query!(
        tx,
        idempotency_keys::get(request.scope(), sender(request), &key.key)
    )?;
    known.map_or(Ok(None), |known| stored_answer(request, &known))
}

fn stored_answer(request: &Request, known: &IdempotencyKeyRow) -> Result<Option<Answer>, Failure> {
    let (Some(status), Some(body)) = (known.status, &known.body) else {
        return Ok(None);
    };
    Ok(Some(Answer {
        status: u16::try_from(status).unwrap_or(500),
        body: Bytes::from(request.context.cipher.open(PURPOSE, body)?),
        location: known.location.clone(),
        replayed: true,
        retry_after: None,
    }))
}

/// Stores the answer, unless there is one. A later call with the key gets it.
pub async fn finish(
    request: &Request,
    key: &IdempotencyKey,
    tx: &mut Tx<'_>,
    answer: &Answer,
) -> Result<(), Failure> {
    let mut row = new_row(request, key, None);
    let scope = request.scope();
    if let Some(known) = query!(tx, idempotency_keys::get(scope, sender(request), &key.key))? {
        row = known;
    }
    let body = std::str::from_utf8(&answer.body)
        .map_err(|error| Failure::Internal(format!("a document is not UTF-8: {error}")))?;
    row.finished_at = Some(stored_time(request.context.now()));
    row.status = Some(i32::from(answer.status));
    row.location = answer.location.clone();
    row.body = Some(
        request
            .context
            .cipher
            .seal(&*request.context.entropy, PURPOSE, body),
    );
    send!(tx, idempotency_keys::answer(row))?;
    Ok(())
}

/// Releases the key, because the request had no effect and another try may succeed.
pub async fn release(request: &Request, tx: &mut Tx<'_>) -> Result<(), Failure> {
    if let Some(key) = &request.key {
        query!(
            tx,
            idempotency_keys::release(request.scope(), sender(request), &key.key)
        )?;
    }
    Ok(())
}

/// The document of a refusal, as it is stored and sent.
pub fn refusal_body(request: &Request, problems: &Problems) -> Bytes {
    problems.render(request.dialect).to_string().into()
}

/// Stores a refusal that changed nothing, so that the same request gets the same answer and another one with the key is refused.
/// A refusal that does not depend on the request itself (401, 403, 429, 5xx, a key in use, an order whose payment is just being
/// decided) is not stored.
pub async fn keep_refusal(request: &Request, problems: &Problems) -> Result<(), Failure> {
    let status = problems.status();
    let passing = problems.iter().any(|problem| {
        matches!(
            problem.kind,
            Kind::IdempotencyKeyInUse | Kind::IdempotencyKeyReused | Kind::Validation("payment_pending")
        )
    });
    if !(400..500).contains(&status) || matches!(status, 401 | 403 | 412 | 429) || passing {
        return Ok(());
    }
    let Some(key) = request.key.clone() else {
        return Ok(());
    };
    let answer = Answer::new(status, refusal_body(request, problems));
    let request = request.clone();
    request
        .context
        .db
        .clone()
        .write(async move |tx: &mut Tx<'_>| {
            let row = new_row(&request, &key, None);
            if query!(tx, idempotency_keys::claim(&row))? {
                finish(&request, &key, tx, &answer).await?;
            }
            Ok::<(), Failure>(())
        })
        .await
}
