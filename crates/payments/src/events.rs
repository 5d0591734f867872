//! What merchants are told of: written with the change itself, and sent to their webhooks afterwards.
//!
//! A transaction that changes something [records](outbox) it; [`publish`] makes events of that, with what is to be sent to
//! each webhook; [`deliver`] sends it, again and again if need be. Each step is committed before the next one begins, so that
//! a crash can have something sent twice, and never not at all.

mod change;
mod deliver;
mod editor;
pub mod outbox;
mod payload;
mod publish;
mod retry;
mod sender;
mod signature;
#[cfg(test)]
pub mod tests;

pub use change::{Change, of_order, of_transaction};
pub use deliver::{Delivery, Sent, send, settle, take_due};
pub use editor::EventEditor;
pub use payload::refuse_unknown_paths;
pub use publish::{PAYLOAD, publish};
pub use sender::{Message, NoReply, Reply, Sender};

use chrono::Duration;

/// How long events are kept, with what was sent and answered.
pub const KEPT: Duration = Duration::days(30);
