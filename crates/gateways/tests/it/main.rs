//! The gateways against the wire: exact requests, every kind of answer, and a local server that misbehaves.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers, too"
)]

mod amounts;
mod checkout_com_actions;
mod checkout_com_payments;
mod checkout_com_recovery;
mod checkout_com_requests;
mod checkout_com_webhooks;
mod http_transport;
mod instruments;
mod retries;
mod stripe_actions;
mod stripe_failures;
mod stripe_payments;
mod stripe_recovery;
mod stripe_requests;
mod stripe_webhooks;
mod support;
