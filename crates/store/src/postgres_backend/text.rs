//! Builds the text of a constant query only once. diesel-async asks for it each time, to find the prepared statement; for a wide
//! row that would take longer than the rest of the read.

use std::{any::TypeId, cell::RefCell, collections::HashMap, rc::Rc};

use diesel::{
    QueryResult,
    query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId},
};

use super::Backend;

thread_local! {
    /// The texts, by diesel's type of the query. There are as many as the program has queries.
    static TEXTS: RefCell<HashMap<TypeId, Rc<str>>> = RefCell::default();
}

/// A query whose text is stored, unless it varies with its values.
pub struct Remembered<Q>(pub Q);

impl<Q: QueryId> QueryId for Remembered<Q> {
    type QueryId = Q::QueryId;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: QueryFragment<Backend> + QueryId> QueryFragment<Backend> for Remembered<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn to_sql(
        &self,
        out: &mut <Backend as diesel::backend::Backend>::QueryBuilder,
        backend: &Backend,
    ) -> QueryResult<()> {
        let Some(id) = Q::query_id() else {
            return self.0.to_sql(out, backend);
        };
        let known = TEXTS.with_borrow(|texts| texts.get(&id).cloned());
        let text = match known {
            Some(text) => text,
            None => {
                let mut builder = <Backend as diesel::backend::Backend>::QueryBuilder::default();
                self.0.to_sql(&mut builder, backend)?;
                let text: Rc<str> = builder.finish().into();
                TEXTS.with_borrow_mut(|texts| texts.insert(id, Rc::clone(&text)));
                text
            }
        };
        out.push_sql(&text);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, backend: &Backend) -> QueryResult<bool> {
        self.0.is_safe_to_cache_prepared(backend)
    }
}

impl<Q: Query> Query for Remembered<Q> {
    type SqlType = Q::SqlType;
}
