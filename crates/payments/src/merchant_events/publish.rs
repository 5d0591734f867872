//! Turns changes into events: a payload for each webhook of the topic.

use std::collections::HashMap;

use tillgate_model::Topic;
use tillgate_store::{EventDeliveryRow, EventRow, OutboxRow, Scope, StoreError, Tx, WebhookRow, query, send};

use crate::{
    context::Context,
    failure::Failure,
    handlers::Handlers,
    merchant_events::payload,
    outbox::Change,
    planted::{self, Bug},
    resources::event_callback::PAYLOAD,
    stored::{json, parse_column, stored_time},
};

/// The events of a row of the outbox, with their deliveries.
struct Events {
    sequence: i64,
    events: Vec<EventRow>,
    deliveries: Vec<EventDeliveryRow>,
}

/// Publishes up to `limit` rows of the outbox. Answers how many there were.
///
/// Payloads are made before the transaction that stores them. If several instances make them, one stores them.
pub async fn publish(context: &Context, handlers: &Handlers, limit: i64) -> Result<usize, Failure> {
    let rows = context
        .db
        .read(async |tx: &mut Tx<'_>| query!(tx, outbox::first(limit)))
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let count = rows.len();
    let mut publisher = Publisher {
        context,
        handlers,
        webhooks: HashMap::new(),
    };
    let mut all = Vec::new();
    for row in rows {
        all.push(publisher.events(&row).await?);
    }
    context
        .db
        .write(async move |tx: &mut Tx<'_>| {
            for Events {
                sequence,
                events,
                deliveries,
            } in all
            {
                if !query!(tx, outbox::remove(sequence))? && !planted::is(Bug::ToldByEachInstance) {
                    continue;
                }
                for row in events {
                    send!(tx, events::insert(row))?;
                }
                for row in deliveries {
                    send!(tx, event_deliveries::insert(row))?;
                }
            }
            Ok::<_, Failure>(())
        })
        .await?;
    Ok(count)
}

struct Publisher<'a> {
    context: &'a Context,
    handlers: &'a Handlers,
    /// The webhooks that were read already.
    webhooks: HashMap<(Scope, Topic), Vec<WebhookRow>>,
}

impl Publisher<'_> {
    async fn events(&mut self, row: &OutboxRow) -> Result<Events, Failure> {
        let scope = Scope::of_job(parse_column(&row.organization_id)?, row.test);
        let mut events = Events {
            sequence: row.sequence,
            events: Vec::new(),
            deliveries: Vec::new(),
        };
        let changes: Vec<Change> = json(&row.changes)?;
        for change in changes {
            self.add(&scope, row, &change, &mut events).await?;
        }
        Ok(events)
    }

    async fn add(
        &mut self,
        scope: &Scope,
        row: &OutboxRow,
        change: &Change,
        to: &mut Events,
    ) -> Result<(), Failure> {
        let webhooks = self.webhooks_of(scope, change.topic).await?;
        let mut sent = Vec::new();
        for webhook in &webhooks {
            if let Some(payload) = self.payload(scope, change, webhook).await? {
                sent.push((webhook, payload));
            }
        }
        if sent.is_empty() {
            return Ok(());
        }
        let event_id = match &change.event {
            None => {
                let event = self.event(row, change);
                let id = event.id.clone();
                to.events.push(event);
                id
            }
            Some(id) => {
                let known: tillgate_model::Id = parse_column(id)?;
                let read = self
                    .context
                    .db
                    .read(async |tx: &mut Tx<'_>| query!(tx, events::get(scope, &known)));
                match read.await? {
                    Some(event) => event.id,
                    // The event was deleted meanwhile.
                    None => return Ok(()),
                }
            }
        };
        for (webhook, payload) in sent {
            to.deliveries.push(self.delivery(webhook, &event_id, &payload));
        }
        Ok(())
    }

    async fn webhooks_of(&mut self, scope: &Scope, topic: Topic) -> Result<Vec<WebhookRow>, StoreError> {
        let key = (scope.clone(), topic);
        if let Some(known) = self.webhooks.get(&key) {
            return Ok(known.clone());
        }
        let read = self
            .context
            .db
            .read(async |tx: &mut Tx<'_>| query!(tx, deliveries::webhooks_of_topic(scope, topic.name())));
        let found = read.await?;
        self.webhooks.insert(key, found.clone());
        Ok(found)
    }

    /// The payload of a change for a webhook; `None` if the resource was never created.
    async fn payload(
        &self,
        scope: &Scope,
        change: &Change,
        webhook: &WebhookRow,
    ) -> Result<Option<String>, Failure> {
        if change.topic.is_end() {
            return Ok(Some(payload::name_only(change.topic, &change.id)));
        }
        let paths: Vec<String> = match &webhook.include_resources {
            Some(paths) => json(paths)?,
            None => Vec::new(),
        };
        let about = (change.topic, change.id.as_str());
        match payload::render(self.context, self.handlers, scope, about, &paths).await {
            // The database may recover: try again later.
            Err(Failure::Store(
                error @ (StoreError::Busy
                | StoreError::Unavailable(_)
                | StoreError::Unknown
                | StoreError::Damaged(_)),
            )) => Err(error.into()),
            Err(failure) => {
                tracing::error!(?failure, topic = %change.topic, id = change.id, "an event's resource can't be shown");
                Ok(Some(payload::name_only(change.topic, &change.id)))
            }
            shown => shown,
        }
    }

    fn event(&self, row: &OutboxRow, change: &Change) -> EventRow {
        EventRow {
            organization_id: row.organization_id.clone(),
            test: row.test,
            id: self.context.new_id().to_string(),
            created_at: row.created_at,
            updated_at: row.created_at,
            reference: None,
            reference_origin: None,
            metadata: "{}".into(),
            name: change.topic.to_string(),
            resource_type: change.topic.resource().kind.to_owned(),
            resource_id: change.id.clone(),
        }
    }

    fn delivery(&self, webhook: &WebhookRow, event_id: &str, payload: &str) -> EventDeliveryRow {
        let now = stored_time(self.context.now());
        EventDeliveryRow {
            organization_id: webhook.organization_id.clone(),
            test: webhook.test,
            id: self.context.new_id().to_string(),
            created_at: now,
            updated_at: now,
            reference: None,
            reference_origin: None,
            metadata: "{}".into(),
            event_id: event_id.to_owned(),
            webhook_id: webhook.id.clone(),
            payload: self.context.cipher.seal(&*self.context.entropy, PAYLOAD, payload),
            attempts: 0,
            next_attempt_at: Some(now),
            delivered_at: None,
        }
    }
}
