//! The statements of a list: its rows, and how many there are.

use diesel::{
    Expression, QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Integer, Nullable, Text},
};
use tillgate_model::{
    query::{Condition, Position, SortKey},
    resource::ValueType,
};

use super::{
    condition::{Cond, Place},
    driver::{self, Driver},
    order,
    source::{Link, Source},
    sql::Sql,
};
use crate::Scope;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavor {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Flavor {
    /// An expression as it is ordered: texts by their bytes, whatever the language of the database.
    pub fn ordered(self, expression: &str, value_type: ValueType) -> String {
        match (self, value_type) {
            (Self::Postgres, ValueType::Text) => format!("{expression} COLLATE \"C\""),
            _ => expression.to_owned(),
        }
    }
}

/// The resources of which a list is one: all that a relationship leads to from some owners.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    /// How the relationship is stored.
    pub link: Link,
    /// Where the owners are.
    pub owner: Source,
    /// Their ids.
    pub owners: &'a [String],
}

/// A list that is asked for.
pub struct Plan<'a> {
    /// On which database.
    pub flavor: Flavor,
    /// Whose rows.
    pub scope: &'a Scope,
    /// What the caller may see of a type.
    pub visible: &'a (dyn Fn(&'static str) -> Cond + 'a),
    /// Of which type.
    pub source: Source,
    /// To which owners they belong.
    pub selected: Option<Selected<'a>>,
    /// What else holds, whoever asks.
    pub also: Option<Cond>,
    /// The filters.
    pub conditions: &'a [Condition],
    /// The order.
    pub sort: &'a [SortKey],
    /// Where the page begins; the number of a page is that of its items.
    pub position: &'a Position,
    /// How many rows are skipped.
    pub offset: i64,
    /// How many rows are read.
    pub limit: i64,
}

impl Plan<'_> {
    fn driver(&self) -> (Driver, bool) {
        let owners = self.selected.as_ref().and_then(|selected| {
            let column = match selected.link {
                Link::ToOne(_) => "id",
                Link::ToMany(column) => column,
                Link::Same { .. } | Link::OfMarket => return None,
            };
            Some((column, selected.owners.len()))
        });
        if self.selected.is_some() && owners.is_none() {
            // Tables that these lead to are small.
            return (Driver::Unknown, true);
        }
        driver::of_list(self.source, owners, self.conditions, self.sort)
    }

    /// Whether an index finds the rows, whatever the table holds.
    pub fn is_quick(&self) -> bool {
        self.driver().1
    }

    /// What makes the list slow, as its parameter is called.
    pub fn slow_parameter(&self) -> String {
        match self.conditions.first() {
            Some(condition) => condition.parameter.clone(),
            None => "sort".to_owned(),
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            plan: self,
            source: self.source,
            alias: self.source.table,
            driver: self.driver().0,
        }
    }

    /// `FROM … WHERE …`, and the owner that a row belongs to.
    fn selection(&self, place: &Place<'_>) -> (Sql, String) {
        let table = self.source.table;
        let mut sql = Sql::text(format!(" FROM {table}"));
        let mut owner = "CAST(NULL AS TEXT)".to_owned();
        let mut belongs = None;
        if let Some(selected) = &self.selected {
            let ids = selected.owners.iter().map(String::as_str);
            match selected.link {
                Link::ToOne(_) | Link::ToMany(_) => {
                    let column = match selected.link {
                        Link::ToMany(column) => column,
                        _ => "id",
                    };
                    owner = format!("{table}.{column}");
                    let mut part = Sql::text(match selected.owners.len() {
                        1 => format!("{} = ", place.expression(column)),
                        _ => format!("{} IN (", place.expression(column)),
                    });
                    part.bind_texts(ids);
                    part.push(if selected.owners.len() == 1 { "" } else { ")" });
                    belongs = Some(part);
                }
                Link::Same { .. } | Link::OfMarket => {
                    let of = Place {
                        source: selected.owner,
                        alias: "owner",
                        driver: Driver::Unknown,
                        ..*place
                    };
                    owner = "owner.id".to_owned();
                    sql.push(format!(
                        " JOIN {} AS owner ON {}",
                        selected.owner.table,
                        match selected.link {
                            Link::Same { of_related, of_owner } =>
                                format!("{table}.{of_related} = owner.{of_owner}"),
                            _ => format!(
                                "{table}.disabled_at IS NULL AND ({table}.market_id IS NULL OR {table}.market_id = owner.market_id)"
                            ),
                        }
                    ));
                    let mut part = of.scope();
                    part.push(" AND owner.id IN (");
                    part.bind_texts(ids);
                    part.push(")");
                    belongs = Some(part);
                }
            }
        }
        sql.push(" WHERE ");
        sql.add(place.scope());
        let also = self.also.as_ref().map(|also| place.cond(also, 0));
        let filters = self.conditions.iter().map(|condition| place.condition(condition));
        for part in belongs.into_iter().chain(also).chain(filters) {
            sql.push(" AND ");
            sql.add(part);
        }
        (sql, owner)
    }

    /// The statement of the rows, for rows that are selected with `selection`.
    pub fn rows<S>(&self, selection: S) -> List<S> {
        let place = self.place();
        let (from, owner) = self.selection(&place);
        let mut rest = Sql::text(format!(", {owner}"));
        rest.add(from);
        let keys = order::keys(&place, self.sort, self.position);
        if let Position::After(cursor) | Position::Before(cursor) = self.position {
            rest.push(" AND ");
            rest.add(order::after(&place, &keys, cursor));
        }
        rest.add(order::clause(&place, &keys));
        // Numbers of this program: SQLite prepares a statement anew if it has a variable here.
        rest.push(format!(" LIMIT {} OFFSET {}", self.limit, self.offset));
        List {
            selection,
            rest,
            is_usual: self.conditions.is_empty()
                && self.offset == 0
                && matches!(self.position, Position::Number(_) | Position::First),
        }
    }

    /// The statement that counts the rows, up to a number if one is given.
    pub fn count(&self, up_to: Option<i64>) -> Count {
        let place = self.place();
        let (from, _) = self.selection(&place);
        Count(match up_to {
            None => {
                let mut sql = Sql::text("SELECT count(*)");
                sql.add(from);
                sql
            }
            Some(most) => {
                let mut sql = Sql::text("SELECT count(*) FROM (SELECT 1");
                sql.add(from);
                sql.push(format!(" LIMIT {most}) AS counted"));
                sql
            }
        })
    }

    /// The statement that asks PostgreSQL how many rows it expects.
    pub fn estimate(&self) -> Explained {
        let place = self.place();
        let mut sql = Sql::text("EXPLAIN (FORMAT JSON) SELECT 1");
        sql.add(self.selection(&place).0);
        Explained(sql)
    }

    /// The statement that asks SQLite how it finds the rows.
    pub fn explain_on_sqlite(&self) -> Detailed {
        let mut sql = Sql::text("EXPLAIN QUERY PLAN SELECT 1");
        sql.add(self.rows(()).rest);
        Detailed(sql)
    }

    /// The statement that asks PostgreSQL how it finds the rows.
    pub fn explain_on_postgres(&self) -> Explained {
        let mut sql = Sql::text("EXPLAIN SELECT 1");
        sql.add(self.rows(()).rest);
        Explained(sql)
    }
}

/// The rows of a list, each with its owner.
pub struct List<S> {
    selection: S,
    rest: Sql,
    /// There are few texts of it, so that its statement stays prepared.
    is_usual: bool,
}

impl<S> QueryId for List<S> {
    type QueryId = ();

    // It is found again by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, DB: Backend> QueryFragment<DB> for List<S>
where
    S: QueryFragment<DB>,
    Sql: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.is_usual {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql("SELECT ");
        self.selection.walk_ast(out.reborrow())?;
        self.rest.walk_ast(out)
    }
}

impl<S: Expression> Query for List<S> {
    type SqlType = (S::SqlType, Nullable<Text>);
}

impl<S, C> RunQueryDsl<C> for List<S> {}

macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident: $sql_type:ty;)*) => {$(
        $(#[$meta])*
        pub struct $name(Sql);

        impl $name {
            /// What is the same for the same statement with the same values.
            pub fn key(&self) -> String {
                self.0.key()
            }
        }

        impl QueryId for $name {
            type QueryId = ();

            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<DB: Backend> QueryFragment<DB> for $name
        where
            Sql: QueryFragment<DB>,
        {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.unsafe_to_cache_prepared();
                self.0.walk_ast(out)
            }
        }

        impl Query for $name {
            type SqlType = $sql_type;
        }

        impl<C> RunQueryDsl<C> for $name {}
    )*};
}

statements! {
    /// How many rows a list has.
    Count: BigInt;
    /// What PostgreSQL says of a statement.
    Explained: Text;
    /// What SQLite says of a statement.
    Detailed: (Integer, Integer, Integer, Text);
}
