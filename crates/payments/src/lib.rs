//! The domain: what creating a payment *does*.
//!
//! A call comes in through [`Service::call`]. Resources that are only kept go through `plain`; payment sources go through
//! `flows`, where every money operation is three steps: commit the intent, call the PSP, commit the result.

pub mod accounts;
pub mod administration;
mod call;
mod context;
mod events;
mod failure;
mod flows;
mod handler;
mod idempotency;
pub mod logins;
mod network;
pub mod passwords;
mod plain;
#[doc(hidden)]
pub mod planted;
mod precondition;
pub mod purge;
mod request;
mod resources;
pub mod revocations;
mod service;
mod stored;
pub mod stuck;
pub mod vault;
mod webhooks;

pub use call::{Answer, ApplicationKind, Call, Caller, IdempotencyKey};
pub use context::{Clock, Context, Entropy, Settings};
pub use events::{Delivery, Message, NoReply, Reply, Sender, Sent};
pub use network::network;
pub use precondition::entity_tag;
pub use service::{GatewayEvent, Service};
pub use webhooks::{Notification, Reception};
