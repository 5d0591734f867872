//! Merchant events: written together with the change, and sent to the webhooks afterwards.
//!
//! A transaction that changes something records it in the outbox. [`publish`] turns that into events, with a payload for each
//! webhook; [`deliver`] sends them, repeatedly if necessary. Each step is committed before the next one begins, so a crash can
//! repeat a delivery, and never lose it.

mod deliver;
mod payload;
mod publish;
mod retry;
mod signature;
#[cfg(test)]
mod tests;

pub use deliver::{Delivery, Sent, record, send, take_due};
pub use publish::publish;

use chrono::Duration;

/// Time that events are kept, with their deliveries.
pub const KEPT: Duration = Duration::days(30);
