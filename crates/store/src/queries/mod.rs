//! The queries. Each backend mounts this folder and brings `Connection`, `Backend`, `run!`, `for_update!`, `skip_locked!`
//! and `is_value_of!`.

#[macro_use]
mod macros;
pub mod accounts;
pub mod counters;
pub mod deliveries;
pub mod gateway_events;
pub mod idempotency_keys;
pub mod outbox;
pub mod payments;
mod resources;
pub mod source_checks;
pub mod stuck;

pub use resources::*;
