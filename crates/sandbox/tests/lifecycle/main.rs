//! The whole life of payments at both vendors: what is told of them, when, to whom, and what is booked.

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
