//! Statements that each connection prepares once.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Text,
};

/// A write with a constant text, so that it can stay prepared. diesel assumes that the text of any `UPDATE` varies with its
/// values; an update that writes all of its columns, including `NULL`s, does not vary.
///
/// The type `K` is unique to a write, and finds it without building its text. `load` runs it and passes it on by value: with a
/// reference, diesel would ask the write itself, and not this wrapper. No row comes back.
pub struct Write<K, Q> {
    write: Q,
    key: PhantomData<K>,
}

impl<K, Q> Write<K, Q> {
    /// A prepared write. No other write may have the same key.
    pub fn new(write: Q) -> Self {
        Self {
            write,
            key: PhantomData,
        }
    }
}

impl<K: 'static, Q> QueryId for Write<K, Q> {
    type QueryId = K;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<K, Q, DB> QueryFragment<DB> for Write<K, Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.write.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<K, Q> Query for Write<K, Q> {
    type SqlType = Text;
}

impl<K, Q, C> diesel::RunQueryDsl<C> for Write<K, Q> {}

/// A statement without values, such as `COMMIT`, that stays prepared.
pub struct Statement(pub &'static str);

impl QueryId for Statement {
    type QueryId = ();

    // The text finds the statement.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<C> diesel::RunQueryDsl<C> for Statement {}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use diesel::connection::{Connection as _, InstrumentationEvent};

    use crate::{MarketRow, sqlite, sqlite_backend};

    /// diesel reports each statement that it prepares to keep it, and no other.
    #[tokio::test]
    async fn an_update_stays_prepared_on_sqlite() {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = sqlite_backend::open_unsynced(&directory.path().join("db")).unwrap();
        let kept = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&kept);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event
                && sql.starts_with("UPDATE")
            {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let now = crate::StoredTime::default();
        for name in ["Shop", "Store"] {
            let row = MarketRow {
                organization_id: "org".into(),
                test: true,
                id: "it".into(),
                created_at: now,
                updated_at: now,
                reference: None,
                reference_origin: None,
                metadata: "{}".into(),
                number: 1,
                name: name.into(),
                code: None,
                currency_code: "EUR".into(),
                checkout_url: None,
                disabled_at: None,
            };
            sqlite::markets::save(&mut connection, &row).await.unwrap();
            assert_eq!(kept.load(Ordering::Relaxed), 1);
        }
    }
}
