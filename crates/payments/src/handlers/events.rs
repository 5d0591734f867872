//! `PATCH` of an event: its own members, and `_trigger`.

use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{Id, Problem, Resource, Updatable, request::Shape, resources::Event};
use tillgate_store::{Tx, query};

use crate::{
    call::Answer,
    failure::Failure,
    handler::Edit,
    outbox::{self, Change},
    request::Request,
    resources::event,
    stored::{stored_json, stored_time},
};

/// [`Edit`] for events, which clients can't create.
pub struct EventEditor {
    update: Shape,
}

impl EventEditor {
    /// An editor with its schema compiled.
    pub fn new() -> Self {
        Self {
            update: Shape::update::<Event>(),
        }
    }
}

impl Edit for EventEditor {
    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let input = self.update.read_update::<Event>(body, id)?;
            let (request, id) = (request.clone(), id.clone());
            let context = request.context.clone();
            context
                .db
                .write(async move |tx: &mut Tx<'_>| {
                    request.claim(tx, Some((Event::META.kind, id.as_str()))).await?;
                    let mut row =
                        query!(tx, events::lock(request.scope(), &id))?.ok_or_else(Problem::not_found)?;
                    let mut record = event::record_of(&row)?;
                    request.require_match(&record)?;
                    Event::apply(&mut record, &input.attributes, &input.relationships);
                    record.updated_at = request.context.now();
                    row.updated_at = stored_time(record.updated_at);
                    row.reference.clone_from(&record.reference);
                    row.reference_origin.clone_from(&record.reference_origin);
                    row.metadata = stored_json(&record.metadata);
                    query!(tx, events::save(&row))?;
                    if input.attributes.trigger == Some(true) {
                        let again = Change {
                            event: Some(row.id.clone()),
                            ..Change::new(record.name, row.resource_id)
                        };
                        outbox::record(tx, &request.context, request.scope(), &[again]).await?;
                    }
                    let answer = request.shown(&record);
                    request.finish(tx, &answer).await?;
                    Ok(answer)
                })
                .await
        }
        .boxed_local()
    }
}
