//! The operations of the service on any resource.

use std::marker::PhantomData;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{Id, Identifier, Problem, Record, Resource, document, document::Page, problem::Kind};
use tillgate_store::Tx;

use crate::{call::Answer, failure::Failure, request::Request, stored::Selection};

/// A resource that is stored and can be shown.
#[allow(async_fn_in_trait)] // queries run where they are called: nothing has to be Send
pub trait Kept: Resource {
    /// The record with an id, if the caller may see it.
    async fn get(tx: &mut Tx<'_>, request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure>;

    /// A page of the records, and the number of all records.
    async fn page(
        tx: &mut Tx<'_>,
        request: &Request,
        selection: &Selection,
        page: Page,
    ) -> Result<(Vec<Record<Self>>, i64), Failure>;

    /// The record as `GET` shows it; a payment source may ask its PSP first.
    async fn retrieve(request: &Request, id: &Id) -> Result<Option<Record<Self>>, Failure> {
        request
            .context
            .db
            .read(async |tx: &mut Tx<'_>| Self::get(tx, request, id).await)
            .await
    }
}

/// Shows resources of one type.
pub trait Show {
    /// The document of a resource.
    fn show<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Bytes>, Failure>>;

    /// The document of a resource as it is stored: the PSP is not asked first.
    fn stored<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Bytes>, Failure>>;

    /// The document of a page. `url` is the list's.
    fn list<'a>(
        &'a self,
        request: &'a Request,
        selection: &'a Selection,
        page: Page,
        url: &'a str,
    ) -> LocalBoxFuture<'a, Result<Bytes, Failure>>;

    /// The resources of a page, and the number of all.
    fn identifiers<'a>(
        &'a self,
        request: &'a Request,
        selection: &'a Selection,
        page: Page,
    ) -> LocalBoxFuture<'a, Result<(Vec<Identifier>, i64), Failure>>;

    /// The target of a resource's to-one relationship; `None` if there is no such resource.
    fn to_one<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        relationship: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<Option<Identifier>>, Failure>>;
}

/// [`Show`] for a stored resource.
pub struct Shown<R>(PhantomData<fn() -> R>);

impl<R> Shown<R> {
    /// A handler for resources of the type.
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Kept> Show for Shown<R> {
    fn show<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Bytes>, Failure>> {
        async move {
            let record = R::retrieve(request, id).await?;
            Ok(record.map(|record| document::one(&record, request.frame()).into()))
        }
        .boxed_local()
    }

    fn stored<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Bytes>, Failure>> {
        async move {
            let record = request
                .context
                .db
                .read(async |tx: &mut Tx<'_>| R::get(tx, request, id).await)
                .await?;
            Ok(record.map(|record| document::one(&record, request.frame()).into()))
        }
        .boxed_local()
    }

    fn list<'a>(
        &'a self,
        request: &'a Request,
        selection: &'a Selection,
        page: Page,
        url: &'a str,
    ) -> LocalBoxFuture<'a, Result<Bytes, Failure>> {
        async move {
            let (records, total) = self.records(request, selection, page).await?;
            Ok(document::list(&records, total, page, url, request.frame()).into())
        }
        .boxed_local()
    }

    fn identifiers<'a>(
        &'a self,
        request: &'a Request,
        selection: &'a Selection,
        page: Page,
    ) -> LocalBoxFuture<'a, Result<(Vec<Identifier>, i64), Failure>> {
        async move {
            let (records, total) = self.records(request, selection, page).await?;
            let identify = |record: Record<R>| Identifier {
                kind: R::META.kind,
                id: record.id,
            };
            Ok((records.into_iter().map(identify).collect(), total))
        }
        .boxed_local()
    }

    fn to_one<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        relationship: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<Option<Identifier>>, Failure>> {
        async move {
            let record = request
                .context
                .db
                .read(async |tx: &mut Tx<'_>| R::get(tx, request, id).await)
                .await?;
            Ok(record.map(|record| record.fields.to_one(relationship).cloned()))
        }
        .boxed_local()
    }
}

impl<R: Kept> Shown<R> {
    async fn records(
        &self,
        request: &Request,
        selection: &Selection,
        page: Page,
    ) -> Result<(Vec<Record<R>>, i64), Failure> {
        request
            .context
            .db
            .read(async |tx: &mut Tx<'_>| R::page(tx, request, selection, page).await)
            .await
    }
}

/// Changes resources of one type. Actions that its declaration lacks keep their default.
pub trait Edit {
    /// `POST`
    fn create<'a>(
        &'a self,
        _request: &'a Request,
        _body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        not_offered()
    }

    /// `PATCH`
    fn update<'a>(
        &'a self,
        _request: &'a Request,
        _id: &'a Id,
        _body: &'a [u8],
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        not_offered()
    }

    /// `DELETE`
    fn delete<'a>(
        &'a self,
        _request: &'a Request,
        _id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Answer, Failure>> {
        not_offered()
    }
}

/// The router knows only declared operations, so this is never called.
fn not_offered<'a>() -> LocalBoxFuture<'a, Result<Answer, Failure>> {
    let problem = Problem::new(Kind::MethodNotAllowed, "This can't be done with the resource.");
    async { Err(problem.into()) }.boxed_local()
}
