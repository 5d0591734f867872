//! The operations of the service on any resource.

use std::{marker::PhantomData, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use tillgate_model::{Id, Identifier, Problem, Record, document, problem::Kind, query::ListQuery};
use tillgate_store::Tx;

pub use crate::kept::{Kept, Shared};
use crate::{call::Answer, failure::Failure, listing, request::Request, stored::Selection};

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

    /// One as `GET` shows it.
    fn retrieve<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Shared>, Failure>>;

    /// One as it is stored.
    fn object<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Shared>, Failure>>;

    /// A page.
    fn page<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        selection: &'a Selection,
        query: &'a ListQuery,
    ) -> LocalBoxFuture<'a, Result<listing::Page, Failure>>;

    /// The parameter that makes a list slow; none if an index finds it, whatever the tables hold.
    fn slow_parameter(&self, request: &Request, selection: &Selection, query: &ListQuery) -> Option<String>;

    /// Those of some ids that the caller may see.
    fn of_ids<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        ids: &'a [String],
    ) -> LocalBoxFuture<'a, Result<Vec<Shared>, Failure>>;

    /// Those that a to-many relationship of some resources of a type leads to, as far as the caller may see them, each with the
    /// ids of those that it belongs to. At most `limit` of them.
    fn of_owners<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        owners: &'a listing::Owners<'a>,
        limit: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<(Shared, String)>, Failure>>;

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

async fn stored<R: Kept>(request: &Request, id: &Id) -> Result<Option<Record<R>>, Failure> {
    request
        .context
        .db
        .read(async |tx: &mut Tx<'_>| R::get(tx, request, id).await)
        .await
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
            let record = stored::<R>(request, id).await?;
            Ok(record.map(|record| document::one(&record, request.frame()).into()))
        }
        .boxed_local()
    }

    fn retrieve<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Shared>, Failure>> {
        async move {
            let record = R::retrieve(request, id).await?;
            Ok(record.map(|record| Arc::new(record) as Shared))
        }
        .boxed_local()
    }

    fn object<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
    ) -> LocalBoxFuture<'a, Result<Option<Shared>, Failure>> {
        async move {
            let record = stored::<R>(request, id).await?;
            Ok(record.map(|record| Arc::new(record) as Shared))
        }
        .boxed_local()
    }

    fn page<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        selection: &'a Selection,
        query: &'a ListQuery,
    ) -> LocalBoxFuture<'a, Result<listing::Page, Failure>> {
        listing::page::<R>(tx, request, selection, query).boxed_local()
    }

    fn slow_parameter(&self, request: &Request, selection: &Selection, query: &ListQuery) -> Option<String> {
        listing::slow_parameter::<R>(request, selection, query)
    }

    fn of_ids<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        ids: &'a [String],
    ) -> LocalBoxFuture<'a, Result<Vec<Shared>, Failure>> {
        listing::of_ids::<R>(tx, request, ids).boxed_local()
    }

    fn of_owners<'a>(
        &'a self,
        tx: &'a mut Tx<'_>,
        request: &'a Request,
        owners: &'a listing::Owners<'a>,
        limit: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<(Shared, String)>, Failure>> {
        listing::of_owners::<R>(tx, request, owners, limit).boxed_local()
    }

    fn to_one<'a>(
        &'a self,
        request: &'a Request,
        id: &'a Id,
        relationship: &'a str,
    ) -> LocalBoxFuture<'a, Result<Option<Option<Identifier>>, Failure>> {
        async move {
            let record = stored::<R>(request, id).await?;
            Ok(record.map(|record| record.fields.to_one(relationship).cloned()))
        }
        .boxed_local()
    }
}

/// Changes a resource, whatever it is. What a resource's declaration leaves out is left out here too.
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
