//! Statements that are prepared once for each connection.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::Text,
};

/// A write whose text is always the same, so that it can stay prepared. diesel takes any `UPDATE` for one whose text
/// varies with its values; one that writes all of its columns, `NULL`s too, does not.
///
/// It is found again by the type `K`, of which each has its own, without its text being put together. It is run by `load`,
/// which hands it on by value: diesel would ask the write itself, and not this, about one that it has a reference to. No row
/// comes back.
pub struct Write<K, Q> {
    write: Q,
    key: PhantomData<K>,
}

impl<K, Q> Write<K, Q> {
    /// No other write must have the key.
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

    // It is found again by its text.
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

    /// diesel tells of each statement that it prepares to keep it, and of no other.
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
