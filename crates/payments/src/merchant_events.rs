//! What merchants are told of: written with the change itself, and sent to their webhooks afterwards.
//!
//! A transaction that changes something records it in the outbox; [`publish`] makes events of that, with what is to be sent to
//! each webhook; [`deliver`] sends it, again and again if need be. Each step is committed before the next one begins, so that
//! a crash can have something sent twice, and never not at all.

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

/// How long events are kept, with what was sent and answered.
pub const KEPT: Duration = Duration::days(30);
