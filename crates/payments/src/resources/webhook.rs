use tillgate_model::{
    Id, Problem, Record, ResourceMeta, Secret, Topic, registry,
    resources::{CircuitState, CreateWebhookAttributes, UpdateWebhookAttributes, Webhook},
};
use tillgate_outgoing::Refused;
use tillgate_store::{Tx, WebhookRow, query};
use url::Url;

use crate::{
    context::Context,
    failure::Failure,
    handler::Kept,
    plain::{Plain, disabled_at, edited_in},
    request::Request,
    stored::{self, json, parse_column, stored_json, stored_time, time},
};

/// The context that shared secrets are sealed under.
const SHARED_SECRET: &str = "webhooks.shared_secret";

/// Maximum length of a path of relationships.
const DEEPEST: usize = 3;

/// Decrypts the shared secret of a webhook.
pub fn open_secret(context: &Context, row: &WebhookRow) -> Result<Secret, Failure> {
    Ok(Secret::new(
        context.cipher.open(SHARED_SECRET, &row.shared_secret)?,
    ))
}

/// 128 random bits, in hex.
fn new_secret(context: &Context) -> Secret {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    Secret::new(hex::encode(bytes))
}

fn record(request: &Request, row: &WebhookRow) -> Result<Record<Webhook>, Failure> {
    Ok(stored::record!(
        row,
        Webhook {
            name: row.name.clone(),
            topic: parse_column(&row.topic)?,
            callback_url: row.callback_url.clone(),
            include_resources: row.include_resources.as_deref().map(json).transpose()?,
            disabled_at: row.disabled_at.map(time),
            circuit_state: parse_column(&row.circuit_state)?,
            circuit_failure_count: row.circuit_failure_count,
            shared_secret: open_secret(&request.context, row)?,
        }
    ))
}

fn row(request: &Request, record: &Record<Webhook>) -> WebhookRow {
    let context = &request.context;
    stored::row!(WebhookRow, request.scope(), record, {
        name: record.name.clone(),
        topic: record.topic.to_string(),
        callback_url: record.callback_url.clone(),
        include_resources: record.include_resources.as_ref().map(stored_json),
        disabled_at: record.disabled_at.map(stored_time),
        circuit_state: record.circuit_state.to_string(),
        circuit_failure_count: record.circuit_failure_count,
        shared_secret: context.cipher.seal(&*context.entropy, SHARED_SECRET, record.shared_secret.expose()),
    })
}

impl Kept for Webhook {
    type Row = WebhookRow;

    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        let row = query!(tx, webhooks::get(request.scope(), id))?;
        row.map(|row| record(request, &row)).transpose()
    }

    async fn records(
        _: &mut Tx<'_>,
        request: &Request,
        rows: Vec<WebhookRow>,
    ) -> Result<Vec<Record<Self>>, Failure> {
        rows.iter().map(|row| record(request, row)).collect()
    }
}

impl Plain for Webhook {
    edited_in!(webhooks);

    async fn before_create(
        _: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &CreateWebhookAttributes,
    ) -> Result<(), Failure> {
        refuse_unusable(request, record)?;
        record.shared_secret = new_secret(&request.context);
        record.disabled_at = disabled_at(record.created_at, None, attributes.disable, attributes.enable);
        let name = format!("Webhook {}", record.id);
        record.name.get_or_insert(name);
        Ok(())
    }

    /// Deliveries that were sent stay; those that were not are cancelled.
    async fn after_delete(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure> {
        Ok(query!(
            tx,
            deliveries::end_pending(request.scope(), record.id.as_str())
        )?)
    }

    async fn before_update(
        _: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &UpdateWebhookAttributes,
    ) -> Result<(), Failure> {
        refuse_unusable(request, record)?;
        record.disabled_at = disabled_at(
            record.updated_at,
            before.disabled_at,
            attributes.disable,
            attributes.enable,
        );
        if attributes.reset_circuit == Some(true) {
            record.circuit_state = CircuitState::Closed;
            record.circuit_failure_count = 0;
        }
        if attributes.regenerate_shared_secret == Some(true) {
            record.shared_secret = new_secret(&request.context);
        }
        Ok(())
    }
}

fn refuse_unusable(request: &Request, record: &Record<Webhook>) -> Result<(), Problem> {
    refuse_unreachable(request, &record.callback_url)?;
    refuse_unknown_paths(
        record.topic,
        record.include_resources.as_deref().unwrap_or_default(),
    )
}

/// Judges a URL without looking up its name. Each call looks it up and judges its addresses.
fn refuse_unreachable(request: &Request, url: &str) -> Result<(), Problem> {
    let judged = Url::parse(url)
        .map_err(|_| Refused::NoWebUrl)
        .and_then(|url| request.context.sender.judge(&url));
    let (rule, message) = match judged {
        Ok(()) => return Ok(()),
        Err(Refused::Place) => (
            "not_allowed",
            "must not be in a private or otherwise special network",
        ),
        Err(Refused::NoWebUrl | Refused::Credentials | Refused::Fragment) => (
            "invalid",
            "must be an http or https URL without credentials and without a fragment",
        ),
    };
    Err(Problem::invalid("/data/attributes/callback_url", rule, message))
}

/// Refuses paths that don't exist from a topic's resource.
fn refuse_unknown_paths(topic: Topic, paths: &[String]) -> Result<(), Problem> {
    let pointer = "/data/attributes/include_resources";
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > DEEPEST {
            let message = format!("has a path of more than {DEEPEST} relationships: {path:?}");
            return Err(Problem::invalid(pointer, "too_deep", message));
        }
        if !leads_somewhere(&[topic.resource()], &steps) {
            let message = format!("names no relationship of {}: {path:?}", topic.resource().kind);
            return Err(Problem::invalid(pointer, "inclusion", message));
        }
    }
    Ok(())
}

/// Whether a path exists from one of several resources, which a relationship may point to.
fn leads_somewhere(from: &[&'static ResourceMeta], steps: &[&str]) -> bool {
    let Some((name, rest)) = steps.split_first() else {
        return true;
    };
    from.iter()
        .filter_map(|meta| meta.relationship(name))
        .any(|relationship| {
            let targets: Vec<_> = relationship
                .targets
                .iter()
                .filter_map(|kind| registry::resource(kind))
                .collect();
            leads_somewhere(&targets, rest)
        })
}
