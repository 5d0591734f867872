//! `POST`, `PATCH` and `DELETE` of payment sources of any kind.

use std::marker::PhantomData;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{
    Creatable, Id, Updatable,
    request::{CreateRequest, Shape, UpdateRequest},
};

use super::delete;
use crate::{
    call::Answer, failure::Failure, handler::Edit, handler::Kept, request::Request,
    resources::source::SourceResource,
};

/// What creating and changing a payment source of a kind does.
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait PaymentSource: Kept + SourceResource + Creatable + Updatable {
    /// `POST`
    async fn create(request: &Request, input: CreateRequest<Self>) -> Result<Answer, Failure>;

    /// `PATCH`
    async fn update(request: &Request, id: &Id, input: UpdateRequest<Self>) -> Result<Answer, Failure>;
}

/// [`Edit`] for a payment source.
pub struct SourceEditor<R> {
    create: Shape,
    update: Shape,
    resource: PhantomData<fn() -> R>,
}

impl<R: PaymentSource> SourceEditor<R> {
    /// With its schemas compiled.
    pub fn new() -> Self {
        Self {
            create: Shape::create::<R>(),
            update: Shape::update::<R>(),
            resource: PhantomData,
        }
    }
}

impl<R: PaymentSource> Edit for SourceEditor<R> {
    fn create<'a>(
        &'a self,
        request: &'a Request,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move { R::create(request, self.create.read_create::<R>(body)?).await }.boxed_local()
    }

    fn update<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move { R::update(request, id, self.update.read_update::<R>(body, id)?).await }.boxed_local()
    }

    fn delete<'a>(&'a self, request: &'a Request, id: &'a Id) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        async move {
            delete::source::<R>(request, id).await?;
            Ok(Answer::new(204, Bytes::new()))
        }
        .boxed_local()
    }
}
