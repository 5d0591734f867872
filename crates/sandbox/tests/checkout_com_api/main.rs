//! Checkout.com's side of the sandbox, spoken to as its clients do, on a clock that the tests drive.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers as well"
)]

mod access;
mod actions;
mod harness;
mod idempotency;
mod payments;
mod three_ds;
mod tokens;
mod vault;
