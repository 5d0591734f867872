//! The queries of every table of a resource.
//!
//! A row is read with `get_result`, never `first`: that adds `LIMIT ?`, and SQLite prepares a statement with such a variable
//! again each time.

/// Runs a write with a constant text, whose statement stays prepared.
macro_rules! prepared {
    ($connection:expr, $write:expr) => {{
        /// Key of this statement.
        struct Here;
        run!($crate::prepared::Write::<Here, _>::new($write).load::<String>($connection)).map(drop)
    }};
}

/// `pub mod $table` with `get`, `lock`, `page`, `list`, `insert`, `save` and `delete`.
macro_rules! table_queries {
    ($table:ident, $row:ident, $filter:ident { $($filtered:ident),* }) => {
        /// Queries of the table.
        pub mod $table {
            use diesel::prelude::*;
            use tillgate_model::{Id, document::Page};

            use crate::{Scope, StoreError, $filter, $row, listing::Plan, rows::$table::dsl};
            use super::super::super::{Backend, Connection};
            #[allow(unused_imports)] // the other backend's extension trait wins by its explicit import
            use super::super::super::RunQueryDsl;

            /// The row with an id.
            pub async fn get(connection: &mut Connection, scope: &Scope, id: &Id) -> Result<Option<$row>, StoreError> {
                let query = dsl::$table
                    .filter(dsl::organization_id.eq(scope.organization_id().as_str()))
                    .filter(dsl::test.eq(scope.test()))
                    .filter(dsl::id.eq(id.as_str()))
                    .select($row::as_select());
                Ok(run!(query.get_result(connection)).optional()?)
            }

            /// The row with an id, locked until the transaction ends.
            pub async fn lock(connection: &mut Connection, scope: &Scope, id: &Id) -> Result<Option<$row>, StoreError> {
                let query = dsl::$table
                    .filter(dsl::organization_id.eq(scope.organization_id().as_str()))
                    .filter(dsl::test.eq(scope.test()))
                    .filter(dsl::id.eq(id.as_str()))
                    .select($row::as_select());
                Ok(run!(for_update!(query).get_result(connection)).optional()?)
            }

            /// A page of the matching rows, oldest first.
            pub async fn page(
                connection: &mut Connection,
                scope: &Scope,
                filter: $filter<'_>,
                page: Page,
            ) -> Result<Vec<$row>, StoreError> {
                #[allow(unused_mut)]
                let mut query = dsl::$table
                    .filter(dsl::organization_id.eq(scope.organization_id().as_str().to_owned()))
                    .filter(dsl::test.eq(scope.test()))
                    .select($row::as_select())
                    .order((dsl::created_at, dsl::id))
                    .limit(page.size)
                    .offset(page.offset())
                    .into_boxed::<Backend>();
                $(if let Some(value) = filter.$filtered {
                    query = query.filter(dsl::$filtered.eq(value.to_owned()));
                })*
                let _ = filter;
                Ok(run!(query.load(connection))?)
            }

            /// The rows of a list, each with the owner that it belongs to.
            pub async fn list(
                connection: &mut Connection,
                plan: &Plan<'_>,
            ) -> Result<Vec<($row, Option<String>)>, StoreError> {
                let selection = <$row as SelectableHelper<Backend>>::as_select();
                Ok(run!(plan.rows(selection).load(connection))?)
            }

            /// Adds a row.
            pub async fn insert(connection: &mut Connection, row: &$row) -> Result<(), StoreError> {
                Ok(prepared!(connection, diesel::insert_into(dsl::$table).values(row))?)
            }

            /// Writes the changeable columns of a row.
            pub async fn save(connection: &mut Connection, row: &$row) -> Result<(), StoreError> {
                let target = dsl::$table
                    .filter(dsl::organization_id.eq(&row.organization_id))
                    .filter(dsl::test.eq(row.test))
                    .filter(dsl::id.eq(&row.id));
                Ok(prepared!(connection, diesel::update(target).set(row))?)
            }

            /// Removes a row; false if it does not exist.
            pub async fn delete(connection: &mut Connection, scope: &Scope, id: &Id) -> Result<bool, StoreError> {
                let target = dsl::$table
                    .filter(dsl::organization_id.eq(scope.organization_id().as_str()))
                    .filter(dsl::test.eq(scope.test()))
                    .filter(dsl::id.eq(id.as_str()));
                Ok(run!(diesel::delete(target).execute(connection))? > 0)
            }
        }
    };
}
