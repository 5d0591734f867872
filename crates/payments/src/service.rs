//! The service: the entry point of every call of the API.

use std::sync::Arc;

use futures::future::LocalBoxFuture;
use tillgate_model::{
    Action, Id, Problem, Problems, ResourceMeta,
    document::{self, Related},
    openapi::OperationKind,
    problem::Kind,
    registry,
    resource::RelationshipMeta,
};

use tillgate_store::{GatewayEventRow, StoreError, Tx};

use crate::{
    call::{Answer, Call, Caller},
    context::Context,
    documents,
    engine::{sync, watch},
    failure::Failure,
    handlers::Handlers,
    idempotency,
    merchant_events::{self, Delivery, Sent},
    precondition,
    provider_events::{self, Notification, Reception},
    purge::{self, Purge},
    request::Request,
    stored::Selection,
    unchanged, wallet,
};

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    context: Context,
    handlers: Arc<Handlers>,
}

// The futures are boxed here, as in the other modules that the server calls: an `async fn` is compiled once more by each crate that
// awaits it, with all that it awaits in turn.

/// A claimed provider event.
pub struct GatewayEvent(GatewayEventRow);

impl Service {
    /// A service in a context.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            handlers: Arc::new(Handlers::all()),
        }
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Answers a call. The caller's permission for the operation has been checked.
    pub fn call<'a>(
        &'a self,
        caller: &'a Caller,
        call: Call,
    ) -> LocalBoxFuture<'a, Result<Answer, Problems>> {
        Box::pin(async move {
            let request = Request {
                context: self.context.clone(),
                caller: caller.clone(),
                dialect: call.operation.resource.dialect,
                key: call.idempotency_key.clone(),
                key_owner: idempotency::owner(caller, &call),
                if_match: call.if_match.clone(),
                body: call.body.clone(),
            };
            match self.answer(&request, &call).await {
                Ok(answer) => Ok(answer),
                Err(Failure::Replay(answer)) => self
                    .viewed(&request, &call, *answer)
                    .await
                    .map_err(Failure::into_problems),
                Err(Failure::ReplayOf { kind, id }) => {
                    let answer = self.replay_of(&request, &call, &kind, &id).await;
                    let viewed = match answer {
                        Ok(answer) => self.viewed(&request, &call, answer).await,
                        Err(failure) => Err(failure),
                    };
                    viewed.map_err(Failure::into_problems)
                }
                Err(failure) => {
                    self.note(&failure);
                    let problems = request.told(failure.into_problems());
                    if let Err(failure) = idempotency::keep_refusal(&request, &problems).await {
                        tracing::warn!(?failure, "a refusal could not be stored with its idempotency key");
                    }
                    Err(problems)
                }
            }
        })
    }

    /// Records failures of the database.
    fn note(&self, failure: &Failure) {
        if let Failure::Store(error) = failure {
            self.context.db.note(error);
        }
    }

    /// Logs a failure of work in the background. Failures of the database itself are logged only once in a while.
    fn failed(&self, failure: &Failure, what: &'static str) {
        self.note(failure);
        match failure {
            Failure::Store(StoreError::Unavailable(_) | StoreError::Damaged(_) | StoreError::Unknown) => {
                tracing::debug!(?failure, what, "work in the background has failed");
            }
            _ => tracing::error!(?failure, what, "work in the background has failed"),
        }
    }

    async fn answer(&self, request: &Request, call: &Call) -> Result<Answer, Failure> {
        idempotency::look_up(request).await?;
        let kind = call.operation.resource.kind;
        self.refuse_early(request, call).await?;
        match call.operation.kind {
            OperationKind::Action(Action::List) => {
                let url = request.frame().collection_link(call.operation.resource);
                self.list(request, call, call.operation.resource, &Selection::All, &url)
                    .await
            }
            OperationKind::Action(Action::Retrieve) => {
                let url = request.frame().link(call.operation.resource, id(call)?);
                self.retrieve(request, call, kind, id(call)?, url)
                    .await?
                    .ok_or_else(|| Problem::not_found().into())
            }
            OperationKind::Action(Action::Create) => {
                let answer = self.handlers.edit(kind)?.create(request, &call.body).await?;
                self.viewed(request, call, answer).await
            }
            OperationKind::Action(Action::Update) => {
                let (meta, id) = (call.operation.resource, id(call)?);
                let body = unchanged::leave_out(request, meta, self.handlers.show(kind)?, id).await?;
                let answer = self.handlers.edit(kind)?.update(request, id, &body).await?;
                self.viewed(request, call, answer).await
            }
            OperationKind::Action(Action::Delete) => {
                self.handlers.edit(kind)?.delete(request, id(call)?).await
            }
            OperationKind::Related(relationship) => self.related(request, call, relationship).await,
            OperationKind::Relationship(relationship) => self.relationship(request, call, relationship).await,
        }
    }

    async fn list(
        &self,
        request: &Request,
        call: &Call,
        meta: &'static ResourceMeta,
        selection: &Selection,
        url: &str,
    ) -> Result<Answer, Failure> {
        let list = documents::list(request, &self.handlers, meta, selection, &call.query, url).await?;
        Ok(Answer::new(200, list))
    }

    /// The answer with a resource; none if there is no such resource.
    async fn retrieve(
        &self,
        request: &Request,
        call: &Call,
        kind: &str,
        id: &Id,
        url: String,
    ) -> Result<Option<Answer>, Failure> {
        let (show, view) = (self.handlers.show(kind)?, &call.query.view);
        let is_itself = matches!(call.operation.kind, OperationKind::Action(_));
        if view.is_plain() && is_itself {
            let document = show.show(request, id).await?;
            return Ok(document.map(|document| Answer::new(200, document)));
        }
        let Some(object) = show.retrieve(request, id).await? else {
            return Ok(None);
        };
        let url = match call.query.text.as_str() {
            "" => url,
            text => format!("{url}?{text}"),
        };
        let document = documents::one(request, &self.handlers, object, view, url).await?;
        Ok(Some(Answer::new(200, document)))
    }

    /// The answer to a change as the request wants to see it: what has changed is stored by now, and so is what is included.
    async fn viewed(&self, request: &Request, call: &Call, mut answer: Answer) -> Result<Answer, Failure> {
        if call.query.view.is_plain() {
            return Ok(answer);
        }
        let meta = call.operation.resource;
        let Some(id) = documents::id_in(&answer.body) else {
            return Ok(answer);
        };
        let of_stored = self.handlers.show(meta.kind)?.object(request, &id).await?;
        // It may be gone again.
        if let Some(object) = of_stored {
            let url = request.frame().link(meta, &id);
            let view = &call.query.view;
            answer.body = documents::one(request, &self.handlers, object, view, url)
                .await?
                .into();
        }
        Ok(answer)
    }

    /// Some changes ask the PSP first: a condition that is not met already refuses them before that. It is judged again under
    /// the lock.
    async fn refuse_early(&self, request: &Request, call: &Call) -> Result<(), Failure> {
        let Some(tags) = &request.if_match else {
            return Ok(());
        };
        let show = self.handlers.show(call.operation.resource.kind)?;
        let document = show
            .stored(request, id(call)?)
            .await?
            .ok_or_else(Problem::not_found)?;
        precondition::require(tags, &document)
    }

    /// `GET /type/id/name`
    async fn related(
        &self,
        request: &Request,
        call: &Call,
        relationship: &'static RelationshipMeta,
    ) -> Result<Answer, Failure> {
        let owner = self.owner(request, call, relationship.name).await?;
        let link = request.frame().link(call.operation.resource, id(call)?);
        let url = format!("{link}/{}", relationship.name);
        if relationship.many {
            let meta = listed(request, relationship)?;
            return self
                .list(request, call, meta, &selection(call, relationship)?, &url)
                .await;
        }
        let shown = match owner {
            None => None,
            Some(target) => {
                may_read(request, target.kind)?;
                self.retrieve(request, call, target.kind, &target.id, url.clone())
                    .await?
            }
        };
        Ok(shown
            .unwrap_or_else(|| Answer::new(200, document::nothing(&url, call.query.view.include.is_some()))))
    }

    /// `GET /type/id/relationships/name`
    async fn relationship(
        &self,
        request: &Request,
        call: &Call,
        relationship: &'static RelationshipMeta,
    ) -> Result<Answer, Failure> {
        let target = self.owner(request, call, relationship.name).await?;
        let (link, name) = (
            request.frame().link(call.operation.resource, id(call)?),
            relationship.name,
        );
        if !relationship.many {
            return Ok(Answer::new(
                200,
                document::linkage(&Related::One(target), &link, name, None),
            ));
        }
        let meta = listed(request, relationship)?;
        let part = (&selection(call, relationship)?, &call.query);
        let linkage = documents::linkage(request, &self.handlers, meta, part, &link, name).await?;
        Ok(Answer::new(200, linkage))
    }

    /// The target of a to-one relationship of the path's resource; 404 if there is no such resource.
    async fn owner(
        &self,
        request: &Request,
        call: &Call,
        relationship: &str,
    ) -> Result<Option<tillgate_model::Identifier>, Failure> {
        let show = self.handlers.show(call.operation.resource.kind)?;
        Ok(show
            .to_one(request, id(call)?, relationship)
            .await?
            .ok_or_else(Problem::not_found)?)
    }

    /// The answer to a request whose effect is known but whose answer was lost: the resource's present state.
    async fn replay_of(
        &self,
        request: &Request,
        call: &Call,
        kind: &str,
        id: &str,
    ) -> Result<Answer, Failure> {
        let id: Id = crate::stored::parse_column(id)?;
        let meta = registry::resource(kind).ok_or_else(|| Failure::Internal(format!("no type {kind}")))?;
        let shown = self
            .handlers
            .show(kind)?
            .show(request, &id)
            .await?
            .ok_or_else(Problem::not_found)?;
        let created = matches!(call.operation.kind, OperationKind::Action(Action::Create));
        let mut answer = Answer::new(if created { 201 } else { 200 }, shown);
        answer.location = created.then(|| request.frame().link(meta, &id));
        answer.replayed = true;
        let request = request.clone();
        let kept = request
            .context
            .db
            .clone()
            .write(async move |tx: &mut Tx<'_>| {
                request.finish(tx, &answer).await?;
                // Another call may have been faster to answer, and one key has one answer.
                let kept = idempotency::answered(&request, tx).await?;
                Ok::<_, Failure>(kept.unwrap_or(answer))
            })
            .await?;
        Ok(kept)
    }

    /// Makes the open calls of an earlier run due, before the service accepts calls: no request waits for them any more.
    /// [`Service::recover_once`] then resolves them.
    pub fn take_up_open_calls(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(failure) = sync::make_all_due(&self.context).await {
                self.failed(&failure, "open calls could not be made due");
            }
            if let Err(failure) = wallet::make_all_due(&self.context).await {
                self.failed(&failure, "open calls about saved cards could not be made due");
            }
        })
    }

    /// Resolves the calls to PSPs that are due. Answers how many there were.
    pub fn recover_once(&self) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move {
            let payments = sync::run_due(&self.context).await.unwrap_or_else(|failure| {
                self.failed(&failure, "open calls could not be resolved");
                0
            });
            let cards = wallet::run_due(&self.context).await.unwrap_or_else(|failure| {
                self.failed(&failure, "open calls about saved cards could not be resolved");
                0
            });
            payments + cards
        })
    }

    /// Reads the payments that had no news for a while from their PSPs. Answers how many there were.
    pub fn watch_once(&self) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move {
            watch::run_due(&self.context).await.unwrap_or_else(|failure| {
                self.failed(&failure, "payments could not be read");
                0
            })
        })
    }

    /// Publishes up to `limit` committed changes as events. Answers how many there were.
    pub fn publish_once(&self, limit: i64) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move {
            let published = merchant_events::publish(&self.context, &self.handlers, limit).await;
            published.unwrap_or_else(|failure| {
                self.failed(&failure, "changes could not be published");
                0
            })
        })
    }

    /// Claims the due deliveries, of each webhook as many as `free` allows; no other instance takes them for a while.
    pub fn take_deliveries<'a>(
        &'a self,
        free: &'a dyn Fn(&str) -> usize,
    ) -> LocalBoxFuture<'a, Vec<Delivery>> {
        Box::pin(async move {
            let taken = merchant_events::take_due(&self.context, free).await;
            taken.unwrap_or_else(|failure| {
                self.failed(&failure, "due deliveries could not be claimed");
                Vec::new()
            })
        })
    }

    /// Sends a delivery. The caller [records](Self::record_delivery) the result; `None` if nothing could be sent.
    pub fn send_delivery(&self, delivery: Delivery) -> LocalBoxFuture<'_, Option<Sent>> {
        Box::pin(async move {
            let webhook = delivery.webhook_id().to_owned();
            let sent = merchant_events::send(&self.context, delivery).await;
            sent.inspect_err(|failure| tracing::error!(webhook, ?failure, "a webhook could not be called"))
                .ok()
        })
    }

    /// Records the result of a delivery.
    pub fn record_delivery(&self, sent: Sent) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(failure) = merchant_events::record(&self.context, sent).await {
                self.failed(&failure, "the result of a webhook's call could not be recorded");
            }
        })
    }

    /// Deletes some expired data, from a position; the first one is 0. `None` after a failure.
    pub fn purge_step(&self, purge: Purge, position: i64) -> LocalBoxFuture<'_, Option<purge::Step>> {
        Box::pin(async move {
            let step = purge::step(&self.context, purge, position).await;
            step.inspect_err(|failure| self.failed(failure, "expired rows could not be deleted"))
                .ok()
        })
    }

    /// Verifies a PSP's notification and stores it, in one commit. [`Service::process_event`] handles it later.
    ///
    /// # Errors
    /// The database fails: the PSP must send it again.
    pub fn receive<'a>(
        &'a self,
        notification: &'a Notification<'a>,
    ) -> LocalBoxFuture<'a, Result<Reception, Problems>> {
        Box::pin(async move {
            provider_events::receive(&self.context, notification)
                .await
                .inspect_err(|failure| self.note(failure))
                .map_err(Failure::into_problems)
        })
    }

    /// Claims up to `limit` due events; no other instance takes them for a while.
    pub fn take_events(&self, limit: usize) -> LocalBoxFuture<'_, Vec<GatewayEvent>> {
        Box::pin(async move {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let taken = provider_events::take_due(&self.context, limit).await;
            let taken = taken.unwrap_or_else(|failure| {
                self.failed(&failure, "due events could not be claimed");
                Vec::new()
            });
            taken.into_iter().map(GatewayEvent).collect()
        })
    }

    /// Handles an event: reads its payment from the PSP, and applies the snapshot.
    pub fn process_event<'a>(&'a self, event: &'a GatewayEvent) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(failure) = provider_events::process(&self.context, &event.0).await {
                self.note(&failure);
                tracing::error!(
                    event = event.0.event_id,
                    ?failure,
                    "an event could not be handled"
                );
            }
        })
    }
}

fn id(call: &Call) -> Result<&Id, Problem> {
    call.id.as_ref().ok_or_else(Problem::not_found)
}

fn selection(call: &Call, relationship: &'static RelationshipMeta) -> Result<Selection, Problem> {
    Ok(Selection::Of {
        owner: call.operation.resource,
        ids: vec![id(call)?.to_string()],
        relationship,
    })
}

/// The type of the list that a to-many relationship leads to.
fn listed(
    request: &Request,
    relationship: &'static RelationshipMeta,
) -> Result<&'static ResourceMeta, Failure> {
    let kind = relationship.targets[0];
    may_read(request, kind)?;
    registry::resource(kind).ok_or_else(|| Failure::Internal(format!("no type {kind}")))
}

/// A sales channel sees through a relationship only what it may retrieve.
fn may_read(request: &Request, kind: &str) -> Result<(), Failure> {
    let Some(buyer) = request.caller.buyer() else {
        return Ok(());
    };
    if registry::resource(kind).is_some_and(|meta| meta.permitted_to(buyer).contains(&Action::Retrieve)) {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, format!("A sales channel may not read {kind}.")).into())
}
