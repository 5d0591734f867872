//! Checkout.com's side of the sandbox, spoken to as its clients do, on a clock that the tests drive.

mod access;
mod actions;
mod harness;
mod idempotency;
mod payments;
mod three_ds;
mod tokens;
mod vault;
