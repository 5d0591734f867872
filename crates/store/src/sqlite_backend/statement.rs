//! Statements without values, such as `COMMIT`.

use diesel::{
    QueryResult, RunQueryDsl,
    query_builder::{AstPass, QueryFragment, QueryId},
};

use super::{Backend, Connection};

/// Runs a statement, which stays prepared: SQLite takes longer to parse a `SAVEPOINT` than to carry it out.
pub fn run(connection: &mut Connection, sql: &'static str) -> QueryResult<()> {
    Statement(sql).execute(connection).map(drop)
}

struct Statement(&'static str);

impl QueryId for Statement {
    type QueryId = ();

    // It is found again by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Backend> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<C> RunQueryDsl<C> for Statement {}
