//! The connection type for the queries of this backend.

use std::{ops::Deref, sync::Arc};

use diesel::{
    QueryResult,
    query_builder::{AsQuery, QueryFragment, QueryId},
};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection};

use super::{Backend, text::Remembered};

/// A shared connection, so that several queries can be in progress on it. The server runs them in the order of their first polls.
#[derive(Clone)]
pub struct Connection(Arc<dyn Deref<Target = AsyncPgConnection> + Send + Sync>);

impl Connection {
    /// Shares a connection. The last clone drops `held`.
    pub fn new(held: Arc<dyn Deref<Target = AsyncPgConnection> + Send + Sync>) -> Self {
        Self(held)
    }
}

/// The shared connection that diesel-async knows.
type Shared<'a> = &'a AsyncPgConnection;

impl AsyncConnectionCore for Connection {
    type ExecuteFuture<'conn, 'query> = <Shared<'conn> as AsyncConnectionCore>::ExecuteFuture<'conn, 'query>;
    type LoadFuture<'conn, 'query> = <Shared<'conn> as AsyncConnectionCore>::LoadFuture<'conn, 'query>;
    type Stream<'conn, 'query> = <Shared<'conn> as AsyncConnectionCore>::Stream<'conn, 'query>;
    type Row<'conn, 'query> = <Shared<'conn> as AsyncConnectionCore>::Row<'conn, 'query>;
    type Backend = Backend;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let mut shared: Shared<'conn> = &self.0;
        shared.load(Remembered(source.as_query()))
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let mut shared: Shared<'conn> = &self.0;
        shared.execute_returning_count(Remembered(source))
    }
}

impl diesel_async::SimpleAsyncConnection for Connection {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let mut shared: Shared<'_> = &self.0;
        shared.batch_execute(query).await
    }
}
