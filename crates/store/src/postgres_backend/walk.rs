//! Walking through a table in the order in which it lies on the disk: no index is needed for that.

/// A new row is put where there is room for it.
pub const IN_ORDER: bool = false;

/// Blocks of a step, of some hundred rows.
const STEP: u32 = 64;

/// Where the step ends that begins at the block `$1`; NULL if nothing follows.
pub fn end_of_step(table: &str) -> String {
    format!(
        "SELECT CASE WHEN $1 < blocks THEN $1 + {STEP} END AS number FROM \
         (SELECT pg_relation_size('{table}') / current_setting('block_size')::bigint AS blocks) AS size"
    )
}

/// The rows of the step from the block `?1` to the one before `?2`.
pub const IN_STEP: &str =
    "ctid >= ('(' || ?1::bigint || ',0)')::tid AND ctid < ('(' || ?2::bigint || ',0)')::tid";

/// A statement as this backend has it, of one with `?1`, `?2` and so on.
pub fn statement(text: &str) -> String {
    text.replace('?', "$")
}
