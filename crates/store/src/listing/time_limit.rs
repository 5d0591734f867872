//! A time limit for queries on SQLite, which has none of its own; and what PostgreSQL can do that it can't.

use std::cell::Cell;

use diesel::{QueryResult, SqliteConnection};
use serde_json::Value;
use tokio::time::Instant;

diesel::define_sql_function! {
    /// Whether a query may go on. It is asked for each row.
    fn tillgate_in_time(row: diesel::sql_types::Text) -> diesel::sql_types::Bool;
}

diesel::define_sql_function! {
    /// Whether a JSON text has all of another one in it.
    fn tillgate_json_contains(whole: diesel::sql_types::Text, part: diesel::sql_types::Text) -> diesel::sql_types::Bool;
}

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// Gives a connection these functions.
pub fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    tillgate_in_time_utils::register_nondeterministic_impl(connection, |_: String| is_in_time())?;
    tillgate_json_contains_utils::register_impl(connection, |whole: String, part: String| {
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        match (read(&whole), read(&part)) {
            (Some(whole), Some(part)) => contains(&whole, &part),
            _ => false,
        }
    })
}

fn is_in_time() -> bool {
    let late = DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline);
    if late {
        EXCEEDED.set(true);
    }
    !late
}

/// Runs queries of this thread, and answers whether they had to end early: then they have found less than there is.
pub fn exceeded<T>(deadline: Option<Instant>, run: impl FnOnce() -> T) -> (T, bool) {
    DEADLINE.set(deadline);
    EXCEEDED.set(false);
    let outcome = run();
    DEADLINE.set(None);
    (outcome, EXCEEDED.replace(false))
}

/// As PostgreSQL's `@>`: objects have the members, arrays have the items in any order, numbers are compared as numbers.
pub fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => part
            .iter()
            .all(|part| whole.iter().any(|whole| contains(whole, part))),
        (Value::Number(whole), Value::Number(part)) => {
            let are_whole = whole.as_i64().is_some() && part.as_i64().is_some();
            whole == part || !are_whole && whole.as_f64() == part.as_f64()
        }
        (whole, part) => whole == part,
    }
}
