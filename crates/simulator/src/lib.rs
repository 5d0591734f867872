//! The fault simulator: the real domain, store and connectors with the PSP sandbox, in one process and on one thread.
//!
//! A seed decides everything: what the clients do, who has the next turn, what gets lost, when the process ends and how much
//! time passes. After each [run](run()) our books, those of the PSPs and what the clients were told must agree. A seed replays
//! exactly.

mod api;
mod buyer;
mod check;
mod client;
mod dashboard;
mod database;
mod disguise;
mod executor;
mod faults;
mod gremlin;
mod host;
mod merchant;
mod network;
mod notes;
mod run;
mod shop;
mod trace;
mod wallet;
mod webhooks;
mod world;

pub use run::{Report, run};
#[cfg(feature = "planted-bugs")]
pub use tillgate_payments::planted;
