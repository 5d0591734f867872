//! The other end of the PSP wire: stateful, strict simulators of Stripe and Checkout.com.
//!
//! [`Sandbox`] answers requests in process, deterministically for a given seed, clock and order of requests.
//! [`server::bind`] serves the same object over HTTP. Both vendors live under one origin: Stripe below `/v1/`,
//! Checkout.com below `/tokens`, `/payments`, `/instruments` and `/customers`, and the sandbox's own pages and
//! admin routes below `/sandbox`.
//!
//! The crate depends on no other crate of the workspace: were the wire formats shared with the connectors, one
//! mistake would be made at both ends and cancel out.

// `json!` recurses for every field, and a charge has many.
#![recursion_limit = "256"]

mod admin;
pub mod checkout_com;
mod config;
mod env;
mod faults;
mod handler;
mod home;
mod journal;
mod ledger;
mod ordered;
pub mod server;
pub mod stripe;
mod table;
pub mod web;

pub use config::SandboxConfig;
pub use env::{Clock, Env, ManualClock, SystemClock};
pub use faults::{Fault, FaultKind};
pub use handler::{Outcome, Sandbox};
pub use ledger::{LedgerEntry, LedgerKind, TestInstrument, Vendor};
pub use server::{BoundSandbox, bind};
pub use table::Table;
