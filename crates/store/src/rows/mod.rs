//! The tables, and a struct for the rows of each.

#[macro_use]
mod macros;
mod account;
mod commerce;
mod idempotency;
mod payment;

pub use account::*;
pub use commerce::*;
pub use idempotency::*;
pub use payment::*;
