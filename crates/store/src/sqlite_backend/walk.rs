//! Walks through a table in the order of its rows' ids, which is that of their insertion.

/// Rows are never moved: those of a later step are not older.
pub const IN_ORDER: bool = true;

/// Rows of a step, so that other writes need not wait long.
const STEP: u32 = 500;

/// The end of the step that begins after the position `?1`; NULL if nothing follows.
pub fn end_of_step(table: &str) -> String {
    format!(
        "SELECT max(rowid) AS number FROM (SELECT rowid FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT {STEP})"
    )
}

/// The rows of the step from the position `?1` to `?2`.
pub const IN_STEP: &str = "rowid > ?1 AND rowid <= ?2";

/// A statement with `?1`, `?2` and so on in this backend's notation.
pub fn statement(text: &str) -> String {
    text.to_owned()
}
