//! `rows!`: a table, the struct of its rows and the filter of its lists, from one list of columns.

/// Declares a table of a resource. The columns of every resource are added: the scope and the id, which are the primary key, the
/// times, the reference and the metadata.
///
/// Columns with `#[diesel(skip_update)]` never change, and stay out of updates: SQLite writes the indexes and checks the foreign
/// keys of each column that is set, to whatever value.
macro_rules! rows {
    (
        $(#[$meta:meta])*
        $table:ident => $row:ident, filter $filter:ident { $($filtered:ident: $filter_type:ty),* $(,)? } {
            $($(#[$column_meta:meta])* $column:ident: $sql:ty => $rust:ty),* $(,)?
        }
    ) => {
        diesel::table! {
            $table (organization_id, test, id) {
                organization_id -> Text,
                test -> Bool,
                id -> Text,
                created_at -> Timestamp,
                updated_at -> Timestamp,
                reference -> Nullable<Text>,
                reference_origin -> Nullable<Text>,
                metadata -> Text,
                $($column -> $sql,)*
            }
        }

        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
        #[diesel(table_name = $table, primary_key(organization_id, test, id), treat_none_as_null = true, treat_none_as_default_value = false)]
        pub struct $row {
            /// Id of the organization.
            pub organization_id: String,
            /// Whether it is in test mode.
            pub test: bool,
            /// Identifier.
            pub id: String,
            /// Time of its creation.
            #[diesel(skip_update)]
            pub created_at: $crate::StoredTime,
            /// Time of its last change.
            pub updated_at: $crate::StoredTime,
            /// Identifier in another system.
            pub reference: Option<String>,
            /// Name of that system.
            pub reference_origin: Option<String>,
            /// JSON object.
            pub metadata: String,
            $($(#[$column_meta])* pub $column: $rust,)*
        }

        impl $crate::listing::Listed for $row {
            const TABLE: &'static str = stringify!($table);

            async fn list(
                tx: &mut $crate::Tx<'_>,
                plan: &$crate::listing::Plan<'_>,
            ) -> Result<Vec<(Self, Option<String>)>, $crate::StoreError> {
                $crate::query!(tx, $table::list(plan))
            }

            fn row_id(&self) -> &str {
                &self.id
            }
        }

        /// Which rows a list has: those that have all given values.
        #[derive(Clone, Copy, Default, Debug)]
        pub struct $filter<'a> {
            $(/// Value of the column of that name.
            pub $filtered: Option<$filter_type>,)*
            /// For filters without columns.
            pub marker: std::marker::PhantomData<&'a ()>,
        }
    };
}
