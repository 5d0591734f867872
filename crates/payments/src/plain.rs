//! Resources without behaviour: created, updated and deleted in one transaction.

use std::marker::PhantomData;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{
    Creatable, Id, Problem, Record, Updatable,
    request::{Shape, UpdateRequest},
};
use tillgate_store::Tx;

use crate::{
    call::Answer,
    failure::Failure,
    handler::{Edit, Kept},
    request::Request,
};

/// A resource without behaviour, with its specific steps of creating, updating and deleting.
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait Plain: Kept + Creatable + Updatable {
    /// Locks the rows that an update or a deletion uses, so that nothing changes in between.
    async fn lock(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<(), Failure>;

    /// Adds the row.
    async fn insert(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure>;

    /// Writes the row.
    async fn save(tx: &mut Tx<'_>, request: &Request, record: &Record<Self>) -> Result<(), Failure>;

    /// Removes the row.
    async fn remove(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<(), Failure>;

    /// Checks the resources that a new record refers to, and completes it.
    async fn before_create(
        tx: &mut Tx<'_>,
        request: &Request,
        record: &mut Record<Self>,
        attributes: &<Self as Creatable>::Attributes,
    ) -> Result<(), Failure>;

    /// Prepares the attributes of a new record if that takes long, before any transaction.
    async fn prepare_create(_: &Request, _: &mut <Self as Creatable>::Attributes) -> Result<(), Failure> {
        Ok(())
    }

    /// Prepares the attributes of an update if that takes long, before any transaction.
    async fn prepare_update(_: &Request, _: &mut <Self as Updatable>::Attributes) -> Result<(), Failure> {
        Ok(())
    }

    /// Asks external systems for parts of a new record, before the transaction that adds it.
    async fn ask_before_create(
        _: &Request,
        _: &mut Record<Self>,
        _: &<Self as Creatable>::Attributes,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether an update request needs [`Plain::ask_before_update`].
    fn update_asks(_: &<Self as Updatable>::Attributes) -> bool {
        false
    }

    /// Asks external systems about the changed record, before the transaction that changes it.
    async fn ask_before_update(
        _: &Request,
        _before: &Record<Self>,
        _record: &Record<Self>,
        _: &<Self as Updatable>::Attributes,
    ) -> Result<(), Failure> {
        Ok(())
    }

    /// Reverts the changes of external systems for a record that was deleted or never created.
    async fn roll_back(_: &Request, _: &Record<Self>) {}

    /// Runs the consequences of a new record.
    async fn after_create(_: &mut Tx<'_>, _: &Request, _: &Record<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// Checks a changed record against the former one, and completes it.
    async fn before_update(
        tx: &mut Tx<'_>,
        request: &Request,
        before: &Record<Self>,
        record: &mut Record<Self>,
        attributes: &<Self as Updatable>::Attributes,
    ) -> Result<(), Failure>;

    /// Runs the consequences of a changed record.
    async fn after_update(_: &mut Tx<'_>, _: &Request, _: &Record<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// Checks that a record can be deleted.
    async fn before_delete(_: &mut Tx<'_>, _: &Request, _: &Record<Self>) -> Result<(), Failure> {
        Ok(())
    }

    /// Runs the consequences of a deletion.
    async fn after_delete(_: &mut Tx<'_>, _: &Request, _: &Record<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

/// [`Edit`] for a plain resource.
pub struct PlainEditor<R> {
    create: Shape,
    update: Shape,
    resource: PhantomData<fn() -> R>,
}

impl<R: Plain> PlainEditor<R> {
    /// An editor of resources of the type.
    pub fn new() -> Self {
        Self {
            create: Shape::create::<R>(),
            update: Shape::update::<R>(),
            resource: PhantomData,
        }
    }
}

impl<R> Edit for PlainEditor<R>
where
    R: Plain,
    <R as Creatable>::Attributes: Send + Sync + 'static,
    <R as Updatable>::Attributes: Send + Sync + 'static,
    <R as Updatable>::Relationships: Send + Sync + 'static,
{
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let mut input = self.create.read_create::<R>(body)?;
            R::prepare_create(request, &mut input.attributes).await?;
            let mut record = R::from_create(&input.attributes, &input.relationships);
            record.stamp(request.context.new_id(), request.context.now());
            R::ask_before_create(request, &mut record, &input.attributes).await?;
            let asked = record.clone();
            let outside = request;
            let request = request.clone();
            let answer = request
                .context
                .db
                .clone()
                .write(async move |tx: &mut Tx<'_>| {
                    request.claim(tx, None).await?;
                    R::before_create(tx, &request, &mut record, &input.attributes).await?;
                    R::insert(tx, &request, &record).await?;
                    R::after_create(tx, &request, &record).await?;
                    let record = reread::<R>(tx, &request, record).await?;
                    let answer = request.created(&record);
                    request.finish(tx, &answer).await?;
                    Ok(answer)
                })
                .await;
            if answer.is_err() {
                R::roll_back(outside, &asked).await;
            }
            answer
        }
        .boxed_local()
    }

    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let mut input = self.update.read_update::<R>(body, id)?;
            R::prepare_update(request, &mut input.attributes).await?;
            if R::update_asks(&input.attributes) {
                let found = request
                    .context
                    .db
                    .read(async |tx: &mut Tx<'_>| R::get(tx, request, id).await)
                    .await?;
                let before = found.ok_or_else(Problem::not_found)?;
                let mut record = before.clone();
                R::apply(&mut record, &input.attributes, &input.relationships);
                R::ask_before_update(request, &before, &record, &input.attributes).await?;
            }
            let (request, id) = (request.clone(), id.clone());
            request
                .context
                .db
                .clone()
                .write(async move |tx: &mut Tx<'_>| {
                    request.claim(tx, None).await?;
                    let record = change::<R>(tx, &request, &id, &input).await?;
                    let answer = request.shown(&record);
                    request.finish(tx, &answer).await?;
                    Ok(answer)
                })
                .await
        }
        .boxed_local()
    }

    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            let outside = request;
            let (request, id) = (request.clone(), id.clone());
            let gone = request
                .context
                .db
                .clone()
                .write(async move |tx: &mut Tx<'_>| {
                    R::lock(tx, &request, &id).await?;
                    let record = existing::<R>(tx, &request, &id).await?;
                    request.require_match(&record)?;
                    R::before_delete(tx, &request, &record).await?;
                    R::remove(tx, &request, &id).await?;
                    R::after_delete(tx, &request, &record).await?;
                    Ok::<_, Failure>(record)
                })
                .await?;
            R::roll_back(outside, &gone).await;
            Ok(Answer::new(204, Bytes::new()))
        }
        .boxed_local()
    }
}

/// Applies a request to a record. Answers the changed record.
pub async fn change<R: Plain>(
    tx: &mut Tx<'_>,
    request: &Request,
    id: &Id,
    input: &UpdateRequest<R>,
) -> Result<Record<R>, Failure> {
    R::lock(tx, request, id).await?;
    let before = existing::<R>(tx, request, id).await?;
    request.require_match(&before)?;
    let mut record = before.clone();
    R::apply(&mut record, &input.attributes, &input.relationships);
    record.updated_at = request.context.now();
    R::before_update(tx, request, &before, &mut record, &input.attributes).await?;
    R::save(tx, request, &record).await?;
    R::after_update(tx, request, &record).await?;
    reread::<R>(tx, request, record).await
}

async fn existing<R: Plain>(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Record<R>, Failure> {
    let record = R::get(tx, request, id).await?;
    Ok(record.ok_or_else(Problem::not_found)?)
}

/// Reads a record again, so that the answer includes the consequences of its change.
async fn reread<R: Plain>(
    tx: &mut Tx<'_>,
    request: &Request,
    record: Record<R>,
) -> Result<Record<R>, Failure> {
    existing::<R>(tx, request, &record.id).await
}

/// Writes [`Kept`] of a resource with a table of its own, over its `visible`, and `record` of a row or `records` of several.
macro_rules! kept_in {
    ($resource:ident: $table:ident, $row:ident) => {
        crate::plain::kept_in!($resource: $table, $row, records);

        #[allow(clippy::needless_question_mark)] // some records fail with less
        async fn records(
            _: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            rows: Vec<$row>,
        ) -> Result<Vec<tillgate_model::Record<$resource>>, crate::failure::Failure> {
            rows.iter().map(|row| Ok(record(request, row)?)).collect()
        }
    };
    ($resource:ident: $table:ident, $row:ident, $records:ident) => {
        impl crate::handler::Kept for $resource {
            type Row = $row;

            async fn get(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                id: &tillgate_model::Id,
            ) -> Result<Option<tillgate_model::Record<Self>>, crate::failure::Failure> {
                match tillgate_store::query!(tx, $table::get(request.scope(), id))? {
                    Some(row) if visible(request, &row) => {
                        Ok($records(tx, request, vec![row]).await?.into_iter().next())
                    }
                    _ => Ok(None),
                }
            }

            async fn records(
                tx: &mut tillgate_store::Tx<'_>,
                request: &crate::request::Request,
                rows: Vec<$row>,
            ) -> Result<Vec<tillgate_model::Record<Self>>, crate::failure::Failure> {
                $records(tx, request, rows).await
            }
        }
    };
}

/// Writes `lock`, `insert`, `save` and `remove` of a plain resource over its `row`.
macro_rules! edited_in {
    ($table:ident) => {
        async fn lock(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            id: &tillgate_model::Id,
        ) -> Result<(), crate::failure::Failure> {
            tillgate_store::query!(tx, $table::lock(request.scope(), id))?;
            Ok(())
        }

        async fn insert(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            record: &tillgate_model::Record<Self>,
        ) -> Result<(), crate::failure::Failure> {
            let row = row(request, record);
            Ok(tillgate_store::query!(tx, $table::insert(&row))?)
        }

        async fn save(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            record: &tillgate_model::Record<Self>,
        ) -> Result<(), crate::failure::Failure> {
            let row = row(request, record);
            Ok(tillgate_store::query!(tx, $table::save(&row))?)
        }

        async fn remove(
            tx: &mut tillgate_store::Tx<'_>,
            request: &crate::request::Request,
            id: &tillgate_model::Id,
        ) -> Result<(), crate::failure::Failure> {
            tillgate_store::query!(tx, $table::delete(request.scope(), id))?;
            Ok(())
        }
    };
}
pub(crate) use {edited_in, kept_in};

/// The new value of `disabled_at` after `_disable` or `_enable`.
pub fn disabled_at(
    now: tillgate_model::Timestamp,
    before: Option<tillgate_model::Timestamp>,
    disable: Option<bool>,
    enable: Option<bool>,
) -> Option<tillgate_model::Timestamp> {
    match (disable == Some(true), enable == Some(true)) {
        (true, _) => before.or(Some(now)),
        (false, true) => None,
        (false, false) => before,
    }
}
