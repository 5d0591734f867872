//! The queries. Each backend mounts this folder and brings `Connection`, `Backend`, `run!`,
//! `for_update!` and `is_value_of!`.

#[macro_use]
mod macros;
pub mod accounts;
pub mod counters;
pub mod idempotency_keys;
pub mod payments;
mod resources;

pub use resources::*;
