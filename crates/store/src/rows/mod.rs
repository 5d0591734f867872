//! The tables, and a struct for the rows of each.

#[macro_use]
mod macros;
mod account;
mod commerce;
mod idempotency;
mod login;
mod payment;
mod wallet;

diesel::allow_tables_to_appear_in_same_query!(
    organizations,
    orders,
    payment_sources,
    transactions,
    payment_gateways,
    gateway_operations,
    gateway_events
);

pub use account::*;
pub use commerce::*;
pub use idempotency::*;
pub use login::*;
pub use payment::*;
pub use wallet::*;
