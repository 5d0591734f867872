//! Walks through a table in its order on the disk, without an index.

/// A new row goes wherever there is room.
pub const IN_ORDER: bool = false;

/// Blocks of a step, of some hundred rows.
const STEP: u32 = 64;

/// The end of the step that begins at the block `$1`; NULL if nothing follows.
pub fn end_of_step(table: &str) -> String {
    format!(
        "SELECT CASE WHEN $1 < blocks THEN $1 + {STEP} END AS number FROM \
         (SELECT pg_relation_size('{table}') / current_setting('block_size')::bigint AS blocks) AS size"
    )
}

/// The rows of the step from the block `?1` to the one before `?2`.
pub const IN_STEP: &str =
    "ctid >= ('(' || ?1::bigint || ',0)')::tid AND ctid < ('(' || ?2::bigint || ',0)')::tid";

/// A statement with `?1`, `?2` and so on in this backend's notation.
pub fn statement(text: &str) -> String {
    text.replace('?', "$")
}
