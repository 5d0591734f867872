//! The queries. Each backend mounts this folder and brings `Connection`, `Backend`, `run!`, `for_update!`, `skip_locked!`
//! and `is_value_of!`.

#[macro_use]
mod macros;
pub mod accounts;
pub mod counters;
pub mod deliveries;
pub mod gateway_events;
pub mod idempotency_keys;
pub mod listing;
pub mod login_attempts;
pub mod outbox;
pub mod passwords;
pub mod payments;
pub mod purge;
pub mod refresh_tokens;
mod resources;
pub mod revocations;
pub mod savepoints;
pub mod shopping;
pub mod source_checks;
pub mod stuck;
pub mod wallet;

pub use resources::*;
