//! Checkout.com's side of the sandbox, used like its clients do, with a clock that the tests control.

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
