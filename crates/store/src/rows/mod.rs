//! The tables, and a struct for the rows of each.

#[macro_use]
mod macros;
mod account;
mod commerce;
mod event;
mod idempotency;
mod login;
mod payment;
mod purge;
mod revocation;
mod wallet;

diesel::allow_tables_to_appear_in_same_query!(
    organizations,
    orders,
    payment_sources,
    transactions,
    payment_gateways,
    payment_methods,
    gateway_operations,
    gateway_events,
    webhooks,
    outbox,
    events,
    event_deliveries,
    event_callbacks
);

pub use account::*;
pub use commerce::*;
pub use event::*;
pub use idempotency::*;
pub use login::*;
pub use payment::*;
pub use purge::*;
pub use revocation::*;
pub use wallet::*;
