//! Whole payments at both vendors: their events, the receivers and times of these, and the ledger.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers as well"
)]

mod checkout_com_events;
mod client;
mod currencies;
mod deliveries;
mod determinism;
mod faults;
mod over_http;
mod stripe_endpoints;
mod stripe_events;
mod workflows;
