//! The fault simulator: the real domain, store and connectors with the PSP sandbox, in one process and on one thread.
//!
//! A seed decides everything: the clients' actions, the order of the turns, the losses, the crashes and the passage of time.
//! After each [run](run()) our records, the PSPs' ledgers and the clients' answers must agree. A seed replays exactly.

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
