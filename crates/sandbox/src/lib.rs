//! The other end of the PSP wire: stateful, strict simulators of Stripe and Checkout.com.
//!
//! [`Sandbox`] answers requests in process, deterministically for a given seed, clock and order of requests. [`server::bind`]
//! serves the same object over HTTP. Both vendors have one origin: Stripe below `/v1/`, Checkout.com below `/tokens`,
//! `/payments`, `/instruments`, `/customers` and `/workflows`, and the sandbox's own pages and admin routes below `/sandbox`.
//!
//! Changes without a request (expiry, asynchronous actions, webhooks and their repetitions) happen at the next call after their
//! time; no thread or timer is involved. The owner of the sandbox sends its webhooks: [`Sandbox::due_webhooks`] and
//! [`Sandbox::webhook_answered`]. The server does so over HTTP; in process, an `Arc<Sandbox>` is the handle to share.
//!
//! The crate depends on no other crate of the workspace: if the wire formats were shared with the connectors, a mistake could be
//! made at both ends and cancel out.

// `json!` recurses for every field, and a charge has many.
#![recursion_limit = "256"]

mod admin;
pub mod checkout_com;
mod config;
mod deliver;
mod env;
mod faults;
mod handler;
mod home;
mod journal;
mod ledger;
mod ordered;
mod own_machine;
mod saved;
pub mod server;
pub mod stripe;
mod table;
pub mod web;
mod webhooks;

pub use config::SandboxConfig;
pub use deliver::WebhookSender;
pub use env::{Clock, Env, ManualClock, SystemClock};
pub use faults::{Fault, FaultKind};
pub use handler::{Outcome, Sandbox};
pub use ledger::{LedgerEntry, LedgerKind, TestInstrument, Vendor};
pub use own_machine::is_from_own_machine;
pub use saved::Saved;
pub use server::{BoundSandbox, bind, bind_on_clock};
pub use table::Table;
pub use webhooks::{WebhookAnswer, WebhookDelivery};
